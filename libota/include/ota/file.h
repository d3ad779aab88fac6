// SPDX-License-Identifier: Apache-2.0
/* Whole files in, whole files out. Messages name no file: the caller knows which it was. */
#ifndef OTA_FILE_H
#define OTA_FILE_H

#include <ota/buf.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Appends the whole file to `buf`, whose ceiling is the largest one read. The file is opened once
 * and its bytes are kept, so what is verified is what is used. OTA_E_IO: missing, a directory,
 * unreadable. OTA_E_UNSUPPORTED: larger than the ceiling. OTA_E_MEMORY.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_file_read(const char *path, struct ota_buf *buf,
						  struct ota_diag *diag);

/*
 * The same, and `*mode` becomes the permission bits of the very file that was read, or 0 when it is
 * no regular file.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_file_read_mode(const char *path, struct ota_buf *buf,
						       unsigned *mode, struct ota_diag *diag);

/* The same from an open descriptor, which stays open. */
OTA_API OTA_MUST_CHECK enum ota_err ota_file_read_fd(int fd, struct ota_buf *buf,
						     struct ota_diag *diag);

/* A file mapped to be read. Zeroed, it is empty and may be unmapped. */
struct ota_file_map {
	struct ota_span bytes;
};

/*
 * Maps a whole regular file; a file that is written to, or cut short, meanwhile changes under the
 * reader, so this is for files that are only ever replaced. OTA_E_IO: missing, no regular file,
 * unreadable. OTA_E_TRUNCATED: empty. Fills `map`, which is empty on failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_file_map(const char *path, struct ota_file_map *map,
						 struct ota_diag *diag);

OTA_API void ota_file_unmap(struct ota_file_map *map);

/*
 * The open descriptor that a path stands for as an output (/dev/stdout, /dev/stderr, /dev/fd/N), or
 * -1. It may be a regular file.
 */
OTA_API int ota_file_descriptor(const char *path);

struct ota_file_rules {
	unsigned mode;    /* permissions of a new file; one that is replaced keeps its own */
	bool secret;      /* 0600, whatever was there */
	bool must_be_new; /* OTA_E_EXISTS rather than replace a file */
};

/*
 * Writes a file so that it is whole or absent: a temporary file beside the one that `path` names
 * (symbolic links are followed), fsync, rename, fsync of the directory; SIGINT, SIGTERM and SIGHUP
 * wait meanwhile. What exists and is no regular file is opened and written directly; so is an open
 * descriptor under its name (/dev/stdout, /dev/fd/N). OTA_E_IO, OTA_E_EXISTS.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_file_write(const char *path, struct ota_span bytes,
						   const struct ota_file_rules *rules,
						   struct ota_diag *diag);

/* Writes all to an open descriptor, which stays open. OTA_E_IO. */
OTA_API OTA_MUST_CHECK enum ota_err ota_file_write_fd(int fd, struct ota_span bytes,
						      struct ota_diag *diag);

/* -- folders ----------------------------------------------------------------------------------- */

/* What a name stands for; symbolic links are followed. */
enum ota_file_kind {
	OTA_FILE_NONE = 0, /* nothing, or not to be found out */
	OTA_FILE_REGULAR,
	OTA_FILE_FOLDER,
	OTA_FILE_OTHER, /* a device, a pipe, a socket */
};

OTA_API enum ota_file_kind ota_file_kind_of(const char *path);

struct ota_file_entry {
	char *name; /* owned; without the folder */
	enum ota_file_kind kind;
};

/* Zeroed it is empty and may be freed. */
struct ota_file_listing {
	struct ota_file_entry *entry; /* owned; sorted by the bytes of the names */
	size_t n;
};

/*
 * What is in a folder, "." and ".." left out; "" is here. OTA_E_ABSENT: there is no such folder.
 * OTA_E_UNSUPPORTED: more than `most` entries. OTA_E_IO, OTA_E_MEMORY. Fills `listing`, which the
 * caller frees, also after a failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_file_list(const char *folder, size_t most,
						  struct ota_file_listing *listing,
						  struct ota_diag *diag);

OTA_API void ota_file_listing_free(struct ota_file_listing *listing);

/* "folder/name", the caller frees it; `name` alone when it is absolute or folder is "". NULL: no
 * memory. */
OTA_API char *ota_file_join(const char *folder, const char *name);

/*
 * The way from a folder ("" is here) to a file, without a symbolic link on it but the file itself:
 * "../images/1.0.bin". Both folders are there. OTA_E_IO, OTA_E_MEMORY. The caller frees `*way`,
 * which is NULL on failure.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_file_way(const char *folder, const char *path, char **way,
						 struct ota_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
