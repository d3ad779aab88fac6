// SPDX-License-Identifier: Apache-2.0
/*
 * A run's folder on the disk: it is made, files are put into it whole, jobs are claimed in it so
 * that runs share the work, and what killed runs left behind is taken away. Names are relative to
 * the folder; messages begin with them.
 */
#ifndef MATRIX_STORE_H
#define MATRIX_STORE_H

#include <ota/matrix.h>

#define OTA_MATRIX_RESULTS "results"
#define OTA_MATRIX_PATCHES "patches"

/* An open folder. Zeroed it is none and may be closed. */
struct matrix_store {
	const char *folder; /* borrowed */
	bool open;
	int lock; /* of `.lock`; -1: the file system has no locks, and every claim is granted */
};

/*
 * Makes the folder with results and patches in it, all that is missing above it too, and holds it
 * with others. Who finds itself alone takes away temporary files that killed runs have left.
 * OTA_E_IO. Fills `store`, which the caller closes, also after a failure. A process has at most one
 * open store of a folder: closing one would end the claims of the other.
 */
OTA_MUST_CHECK enum ota_err ota_matrix_store_open(const char *folder, struct matrix_store *store,
						  struct ota_diag *diag);
void ota_matrix_store_close(struct matrix_store *store);

/* Claims a job. False: another process has it. It ends with the process, however that ends. */
bool ota_matrix_store_claim(const struct matrix_store *store, const char *id);
void ota_matrix_store_release(const struct matrix_store *store, const char *id);

/*
 * Puts a file in place, whole, but not yet safe from a power cut. `serial` is another one for each
 * call at the same time. OTA_E_IO; nothing is left behind then.
 */
OTA_MUST_CHECK enum ota_err ota_matrix_store_write(const struct matrix_store *store,
						   const char *name, unsigned serial,
						   struct ota_span bytes, struct ota_diag *diag);

/* Takes a file away; one that cannot be does no harm. */
void ota_matrix_store_remove(const struct matrix_store *store, const char *name);

/* Waits until a file, or a folder's names, are on the disk. "" is the folder itself. OTA_E_IO. */
OTA_MUST_CHECK enum ota_err ota_matrix_store_sync(const struct matrix_store *store,
						  const char *name, struct ota_diag *diag);

/*
 * Reads a file. OTA_E_ABSENT: it is not there. OTA_E_IO: it is no regular one; a pipe might never
 * end. Else as ota_file_read. Appends to `buf`.
 */
OTA_MUST_CHECK enum ota_err ota_matrix_store_read(const char *folder, const char *name,
						  struct ota_buf *buf, struct ota_diag *diag);

#endif
