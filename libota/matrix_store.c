// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ota/file.h>

#include "matrix_store.h"

#define LOCK_NAME   ".lock"
#define PATH_SIZE   4096U
#define TEMP_PREFIX ".otatool-"
#define TEMP_DIGITS 6U /* behind it: mkstemp's, or hex digits */
#define TEMP_MASK   0xffffffU
#define TEMP_TRIES  1000U

#define FOLDER_MODE 0777 /* less the umask, as for every file */
#define FILE_MODE   0666

/* Byte 0 of the lock file is held by every run, shared; jobs are bytes behind it. */
#define HELD_AT     0
#define CLAIM_DIGIT 15U /* hex digits of an id that say where: less than 2^60 */

static enum ota_err fail_errno(struct ota_diag *diag, const char *name, const char *what)
{
	return ota_fail(diag, OTA_E_IO, "%s%s%s: %s", name, name[0] ? ": " : "", what,
			strerror(errno));
}

/* -- names ------------------------------------------------------------------------------------- */

/* "FOLDER/NAME" into `path`, which is returned; NULL and a word when it is too long. */
static const char *path_of(const char *folder, const char *name, char path[PATH_SIZE],
			   struct ota_diag *diag)
{
	const char *slash = folder[0] && folder[strlen(folder) - 1] != '/' && name[0] ? "/" : "";
	int len = snprintf(path, PATH_SIZE, "%s%s%s", folder, slash, name);

	if (len >= 0 && (size_t)len < PATH_SIZE)
		return path;
	(void)ota_fail(diag, OTA_E_IO, "%s: path is too long, at most %u bytes", name,
		       PATH_SIZE - 1);
	return NULL;
}

enum ota_err ota_matrix_store_read(const char *folder, const char *name, struct ota_buf *buf,
				   struct ota_diag *diag)
{
	struct ota_diag why = {.err = OTA_OK};
	char path[PATH_SIZE];
	struct stat st;
	enum ota_err err;

	if (!path_of(folder, name, path, diag))
		return OTA_E_IO;
	if (stat(path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? ota_fail(diag, OTA_E_ABSENT, "%s: is not there", name)
			       : fail_errno(diag, name, "cannot be looked at");
	if (!S_ISREG(st.st_mode))
		return ota_fail(diag, OTA_E_IO, "%s: is no regular file", name);
	err = ota_file_read(path, buf, &why);
	return err == OTA_OK ? OTA_OK : ota_fail(diag, err, "%s: %s", name, why.text);
}

/* -- folders ----------------------------------------------------------------------------------- */

/* Some file systems cannot sync a folder and say EINVAL. */
static bool sync_fd(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP;
}

/* A folder that is new is to survive a power cut as what is in it does; as well as it goes. */
static void sync_above(const char *path)
{
	char above[PATH_SIZE];
	const char *slash = strrchr(path, '/');
	int len = slash ? (int)(slash - path) : 0;
	int fd;

	(void)snprintf(above, sizeof(above), "%.*s", len, path);
	fd = open(len > 0 ? above : slash ? "/" : ".", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)sync_fd(fd);
	(void)close(fd);
}

/* `name` is for messages. */
static enum ota_err make_one(const char *path, const char *name, struct ota_diag *diag)
{
	struct stat st;

	if (mkdir(path, FOLDER_MODE) == 0) {
		sync_above(path);
		return OTA_OK;
	}
	if (errno != EEXIST)
		return fail_errno(diag, name, "cannot be made");
	if (stat(path, &st) != 0)
		return fail_errno(diag, name, "cannot be looked at");
	if (!S_ISDIR(st.st_mode))
		return ota_fail(diag, OTA_E_IO, "%s%sis no folder", name, name[0] ? ": " : "");
	return OTA_OK;
}

/*
 * Makes a folder, with all above it that is missing. One that is there is fine. OTA_E_IO; words
 * about the folder itself begin with no name.
 */
static enum ota_err make_folder(const char *path, struct ota_diag *diag)
{
	char part[PATH_SIZE];
	size_t len = strlen(path);
	struct stat st;

	if (len == 0)
		return ota_fail(diag, OTA_E_IO, "a folder has an empty name");
	if (!path_of(path, "", part, diag))
		return OTA_E_IO;
	for (size_t at = 1; at < len; at++) {
		if (path[at] != '/')
			continue;
		part[at] = '\0';
		/* One above it may be there, and closed to us. */
		if (stat(part, &st) != 0 && make_one(part, part, diag) != OTA_OK)
			return OTA_E_IO;
		part[at] = '/';
	}
	return make_one(part, "", diag);
}

/* -- what was left behind ---------------------------------------------------------------------- */

static bool is_temporary(const char *name)
{
	size_t prefix = strlen(TEMP_PREFIX);

	return strncmp(name, TEMP_PREFIX, prefix) == 0 && strlen(name) == prefix + TEMP_DIGITS;
}

/* What cannot be taken away does no harm. */
static void sweep(const char *folder, const char *inside)
{
	char path[PATH_SIZE];
	const struct dirent *entry;
	DIR *dir;

	if (!path_of(folder, inside, path, NULL))
		return;
	dir = opendir(path);
	while (dir && (entry = readdir(dir)) != NULL) {
		char file[PATH_SIZE];

		if (is_temporary(entry->d_name) && path_of(path, entry->d_name, file, NULL))
			(void)unlink(file);
	}
	if (dir)
		(void)closedir(dir);
}

/* -- locks ------------------------------------------------------------------------------------- */

/* Of one byte; of a lock that is another's false, or with `wait` when it is free. */
static bool lock_byte(int fd, short type, off_t at, bool wait)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
	int got;

	do {
		got = fcntl(fd, wait ? F_SETLKW : F_SETLK, &lock);
	} while (got != 0 && errno == EINTR);
	return got == 0;
}

/*
 * Where no locks are to be had, runs do each other's work again, and write the same bytes: a waste,
 * no harm. But nobody can know that a temporary file is a dead run's.
 */
static void hold(struct matrix_store *store)
{
	bool alone = lock_byte(store->lock, F_WRLCK, HELD_AT, false);

	if (!alone && errno != EAGAIN && errno != EACCES) {
		(void)close(store->lock);
		store->lock = -1;
		return;
	}
	if (alone) {
		sweep(store->folder, OTA_MATRIX_PATCHES);
		sweep(store->folder, OTA_MATRIX_RESULTS);
	}
	(void)lock_byte(store->lock, F_RDLCK, HELD_AT, true);
}

static off_t claim_at(const char *id)
{
	char head[CLAIM_DIGIT + 1];

	(void)snprintf(head, sizeof(head), "%s", id);
	return (off_t)(strtoull(head, NULL, 16) + 1);
}

bool ota_matrix_store_claim(const struct matrix_store *store, const char *id)
{
	return store->lock < 0 || lock_byte(store->lock, F_WRLCK, claim_at(id), false);
}

void ota_matrix_store_release(const struct matrix_store *store, const char *id)
{
	if (store->lock >= 0)
		(void)lock_byte(store->lock, F_UNLCK, claim_at(id), false);
}

enum ota_err ota_matrix_store_open(const char *folder, struct matrix_store *store,
				   struct ota_diag *diag)
{
	static const char *const inside[] = {OTA_MATRIX_RESULTS, OTA_MATRIX_PATCHES};
	char path[PATH_SIZE];
	enum ota_err err = make_folder(folder, diag);

	*store = (struct matrix_store){.folder = folder, .lock = -1};
	for (size_t i = 0; err == OTA_OK && i < sizeof(inside) / sizeof(inside[0]); i++) {
		err = OTA_E_IO;
		if (path_of(folder, inside[i], path, diag))
			err = make_one(path, inside[i], diag);
	}
	if (err == OTA_OK && !path_of(folder, LOCK_NAME, path, diag))
		err = OTA_E_IO;
	if (err != OTA_OK)
		return err;
	store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (store->lock < 0)
		return fail_errno(diag, LOCK_NAME, "cannot be opened");
	store->open = true;
	hold(store);
	return OTA_OK;
}

void ota_matrix_store_close(struct matrix_store *store)
{
	if (store->open && store->lock >= 0)
		(void)close(store->lock);
	*store = (struct matrix_store){.lock = -1};
}

/* -- files ------------------------------------------------------------------------------------- */

/*
 * A new file in the folder that `name` lies in, with the permissions that the umask leaves; -1 and
 * errno. What lies beside the folders is made in one of them: there every temporary file is a
 * run's, while the folder itself may be one that others work in.
 */
static int open_temporary(const struct matrix_store *store, const char *name, unsigned serial,
			  char temp[PATH_SIZE])
{
	const char *slash = strchr(name, '/');
	const char *inside = slash ? name : OTA_MATRIX_RESULTS;
	int inside_len = slash ? (int)(slash - name) : (int)strlen(inside);
	unsigned first = (unsigned)getpid() * TEMP_TRIES + serial;

	for (unsigned i = 0; i < TEMP_TRIES; i++) {
		int fd;
		int len = snprintf(temp, PATH_SIZE, "%s/%.*s/" TEMP_PREFIX "%06x", store->folder,
				   inside_len, inside, (first + i) & TEMP_MASK);

		if (len < 0 || (size_t)len >= PATH_SIZE) {
			errno = ENAMETOOLONG;
			return -1;
		}
		fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

enum ota_err ota_matrix_store_write(const struct matrix_store *store, const char *name,
				    unsigned serial, struct ota_span bytes, struct ota_diag *diag)
{
	struct ota_diag why = {.err = OTA_OK};
	char path[PATH_SIZE];
	char temp[PATH_SIZE];
	enum ota_err err;
	int fd;

	if (!path_of(store->folder, name, path, diag))
		return OTA_E_IO;
	fd = open_temporary(store, name, serial, temp);
	if (fd < 0)
		return fail_errno(diag, name, "cannot create a file in its folder");
	err = ota_file_write_fd(fd, bytes, &why);
	if (close(fd) != 0 && err == OTA_OK)
		err = fail_errno(&why, "", "cannot write");
	if (err == OTA_OK && rename(temp, path) != 0)
		err = fail_errno(&why, "", "cannot be put in place");
	if (err != OTA_OK)
		(void)unlink(temp);
	return err == OTA_OK ? OTA_OK : ota_fail(diag, err, "%s: %s", name, why.text);
}

void ota_matrix_store_remove(const struct matrix_store *store, const char *name)
{
	char path[PATH_SIZE];

	if (path_of(store->folder, name, path, NULL))
		(void)unlink(path);
}

enum ota_err ota_matrix_store_sync(const struct matrix_store *store, const char *name,
				   struct ota_diag *diag)
{
	char path[PATH_SIZE];
	enum ota_err err = OTA_OK;
	int fd;

	if (!path_of(store->folder, name, path, diag))
		return OTA_E_IO;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(diag, name, "cannot be opened again");
	if (!sync_fd(fd))
		err = fail_errno(diag, name, "cannot sync");
	(void)close(fd);
	return err;
}
