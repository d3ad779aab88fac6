// SPDX-License-Identifier: Apache-2.0
#ifdef __linux__
/* O_TMPFILE. NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ota/file.h>

#define READ_STEP  65536U
#define LINKS_MAX  40 /* as many as Linux follows */
#define TEMP_NAME  ".otatool-XXXXXX"
#define TEMP_PID   ".otatool-%06x" /* as long */
#define MODE_PERMS 07777U

static enum ota_err fail_errno(struct ota_diag *diag, const char *what)
{
	return ota_fail(diag, OTA_E_IO, "%s: %s", what, strerror(errno));
}

/* Grows a buffer that is full, and only then: a regular file's size was reserved at once. */
static enum ota_err make_room(struct ota_buf *buf, size_t room, struct ota_diag *diag)
{
	if (buf->cap > buf->len)
		return OTA_OK;
	return ota_buf_reserve(buf, room < READ_STEP ? room : READ_STEP, diag);
}

enum ota_err ota_file_read_fd(int fd, struct ota_buf *buf, struct ota_diag *diag)
{
	for (;;) {
		size_t room = buf->ceiling - buf->len;
		uint8_t beyond;
		ssize_t got;

		/* At the ceiling one more byte decides between "exactly full" and "too large". */
		if (room == 0) {
			got = read(fd, &beyond, 1);
		} else {
			enum ota_err err = make_room(buf, room, diag);

			if (err != OTA_OK)
				return err;
			got = read(fd, buf->data + buf->len, buf->cap - buf->len);
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(diag, "cannot read");
		if (got == 0)
			return OTA_OK;
		if (room == 0)
			return ota_fail(diag, OTA_E_UNSUPPORTED,
					"is larger than the %zu bytes that are read", buf->ceiling);
		buf->len += (size_t)got;
	}
}

enum ota_err ota_file_read(const char *path, struct ota_buf *buf, struct ota_diag *diag)
{
	unsigned mode;

	return ota_file_read_mode(path, buf, &mode, diag);
}

enum ota_err ota_file_read_mode(const char *path, struct ota_buf *buf, unsigned *mode,
				struct ota_diag *diag)
{
	struct stat st;
	enum ota_err err = OTA_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*mode = 0;
	if (fd < 0)
		return fail_errno(diag, "cannot open");
	if (fstat(fd, &st) != 0)
		err = fail_errno(diag, "cannot read");
	else if (S_ISDIR(st.st_mode))
		err = ota_fail(diag, OTA_E_IO, "is a directory");
	else if (S_ISREG(st.st_mode) && (uintmax_t)st.st_size > buf->ceiling - buf->len)
		err = ota_fail(diag, OTA_E_UNSUPPORTED, "is %jd bytes, at most %zu are read",
			       (intmax_t)st.st_size, buf->ceiling);
	else if (S_ISREG(st.st_mode))
		*mode = st.st_mode & MODE_PERMS;
	/* One reservation for a regular file, and a byte more to see its end in; it may still grow
	 * or shrink under us. */
	if (err == OTA_OK && S_ISREG(st.st_mode) && (size_t)st.st_size < buf->ceiling - buf->len)
		err = ota_buf_reserve(buf, (size_t)st.st_size + 1, diag);
	if (err == OTA_OK)
		err = ota_file_read_fd(fd, buf, diag);
	(void)close(fd);
	return err;
}

static enum ota_err map_fd(int fd, struct ota_file_map *map, struct ota_diag *diag)
{
	struct stat st;
	void *memory;

	if (fstat(fd, &st) != 0)
		return fail_errno(diag, "cannot read");
	if (!S_ISREG(st.st_mode))
		return ota_fail(diag, OTA_E_IO, "is no regular file");
	if (st.st_size == 0)
		return ota_fail(diag, OTA_E_TRUNCATED, "is empty");
	memory = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (memory == MAP_FAILED)
		return fail_errno(diag, "cannot be mapped");
	map->bytes = ota_span_of(memory, (size_t)st.st_size);
	return OTA_OK;
}

enum ota_err ota_file_map(const char *path, struct ota_file_map *map, struct ota_diag *diag)
{
	enum ota_err err;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would wait */

	*map = (struct ota_file_map){.bytes = {NULL, 0}};
	if (fd < 0)
		return fail_errno(diag, "cannot open");
	err = map_fd(fd, map, diag);
	(void)close(fd);
	return err;
}

void ota_file_unmap(struct ota_file_map *map)
{
	void *memory;

	/* munmap's pointer is not const, though it does not write. */
	memcpy(&memory, &map->bytes.data, sizeof(memory));
	if (memory)
		(void)munmap(memory, map->bytes.len);
	*map = (struct ota_file_map){.bytes = {NULL, 0}};
}

enum ota_err ota_file_write_fd(int fd, struct ota_span bytes, struct ota_diag *diag)
{
	while (bytes.len > 0) {
		ssize_t put = write(fd, bytes.data, bytes.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return fail_errno(diag, "cannot write");
		bytes = ota_span_tail(bytes, (size_t)put);
	}
	return OTA_OK;
}

/* Length of the directory part of `path` with its slash; 0 for a bare name. */
static size_t dir_len(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Follows symbolic links, also one that dangles. `path` has PATH_MAX bytes. */
static enum ota_err follow_links(char *path, struct ota_diag *diag)
{
	for (unsigned i = 0; i < LINKS_MAX; i++) {
		char link[PATH_MAX];
		ssize_t got = readlink(path, link, sizeof(link) - 1);
		size_t dir = 0;

		if (got < 0)
			return OTA_OK; /* not a link, or nothing there yet */
		link[got] = '\0';
		if (link[0] != '/')
			dir = dir_len(path);
		if ((size_t)got >= PATH_MAX - dir)
			break;
		memcpy(path + dir, link, (size_t)got + 1);
	}
	return ota_fail(diag, OTA_E_IO, "too many symbolic links, or too long a path");
}

static enum ota_err write_directly(const char *path, struct ota_span bytes, struct ota_diag *diag)
{
	enum ota_err err;
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(diag, "cannot open for writing");
	err = ota_file_write_fd(fd, bytes, diag);
	if (close(fd) != 0 && err == OTA_OK)
		err = fail_errno(diag, "cannot write");
	return err;
}

static void dir_of(const char *path, char dir[PATH_MAX])
{
	size_t len = dir_len(path);

	memcpy(dir, len > 0 ? path : "./", len > 0 ? len : 2);
	dir[len > 0 ? len : 2] = '\0';
}

/* A rename is on the disk only when its directory is. */
static enum ota_err sync_dir(const char *path, struct ota_diag *diag)
{
	char dir[PATH_MAX];
	enum ota_err err = OTA_OK;
	int fd;

	dir_of(path, dir);
	fd = open(dir, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return OTA_OK; /* a directory one may write but not read */
	/* Some file systems cannot sync a directory and say EINVAL. */
	if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP)
		err = fail_errno(diag, "cannot sync its directory");
	(void)close(fd);
	return err;
}

/* Fills the temporary file and makes it durable. */
static enum ota_err fill(int fd, struct ota_span bytes, unsigned mode, struct ota_diag *diag)
{
	enum ota_err err = ota_file_write_fd(fd, bytes, diag);

	if (err == OTA_OK && fchmod(fd, (mode_t)mode) != 0)
		err = fail_errno(diag, "cannot set permissions");
	if (err == OTA_OK && fsync(fd) != 0)
		err = fail_errno(diag, "cannot sync");
	return err;
}

/* The same for a file that needs no descriptor any more. */
static enum ota_err fill_and_close(int fd, struct ota_span bytes, unsigned mode,
				   struct ota_diag *diag)
{
	enum ota_err err = fill(fd, bytes, mode, diag);

	if (close(fd) != 0 && err == OTA_OK)
		err = fail_errno(diag, "cannot write");
	return err;
}

/* Gives the temporary file its name. A hard link fails where a rename would replace. */
static enum ota_err move_into_place(const char *temp, const char *path, bool must_be_new,
				    struct ota_diag *diag)
{
	if (must_be_new && link(temp, path) == 0) {
		if (unlink(temp) == 0)
			return OTA_OK;
		/* Whole or absent: not there under two names, of which one is forgotten. */
		(void)fail_errno(diag, "its temporary file cannot be removed");
		(void)unlink(path);
		return OTA_E_IO;
	}
	if (must_be_new && errno == EEXIST)
		return ota_fail(diag, OTA_E_EXISTS, "exists already and is not overwritten");
	/* A file system without hard links: the check before the write has to do. */
	if (rename(temp, path) != 0)
		return fail_errno(diag, "cannot be put in place");
	return OTA_OK;
}

/*
 * A signal between the temporary file and its rename would leave the temporary file behind, so the
 * ones that people send wait until the file is in place.
 */
static void hold_signals(sigset_t *before)
{
	sigset_t held;

	(void)sigemptyset(&held);
	(void)sigaddset(&held, SIGINT);
	(void)sigaddset(&held, SIGTERM);
	(void)sigaddset(&held, SIGHUP);
	(void)pthread_sigmask(SIG_BLOCK, &held, before);
}

/* An open file in the directory of `path` that has no name yet; -1: not on this system. */
static int open_unnamed(const char *path)
{
#ifdef O_TMPFILE
	char dir[PATH_MAX];

	dir_of(path, dir);
	return open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
#else
	(void)path;
	return -1;
#endif
}

/* Gives an unnamed file its first name; never one that is taken. */
static bool name_file(int fd, const char *name)
{
	char self[32];

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
}

/*
 * A secret is not left behind when the process is killed: its file has no name before it is whole,
 * and without a name it ends with the process. One that replaces another must have a second name
 * for the moment before its rename. `*done` is false when the system cannot do it; nothing has
 * happened then.
 */
static enum ota_err write_unnamed(const char *path, char *temp, struct ota_span bytes,
				  bool must_be_new, bool *done, struct ota_diag *diag)
{
	int fd = open_unnamed(path);
	enum ota_err err;

	*done = false;
	if (fd < 0)
		return OTA_OK;
	err = fill(fd, bytes, 0600, diag);
	*done = err != OTA_OK;
	if (err == OTA_OK && name_file(fd, must_be_new ? path : temp)) {
		*done = true;
		if (!must_be_new)
			err = move_into_place(temp, path, false, diag);
		if (err != OTA_OK)
			(void)unlink(temp);
	} else if (err == OTA_OK && must_be_new && errno == EEXIST) {
		*done = true;
		err = ota_fail(diag, OTA_E_EXISTS, "exists already and is not overwritten");
	}
	(void)close(fd); /* durable since fill */
	return err;
}

static enum ota_err write_named(const char *path, char *temp, struct ota_span bytes, unsigned mode,
				bool must_be_new, struct ota_diag *diag)
{
	int fd = mkstemp(temp); /* 0600 */
	enum ota_err err;

	if (fd < 0)
		return fail_errno(diag, "cannot create a file in its directory");
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	err = fill_and_close(fd, bytes, mode, diag);
	if (err == OTA_OK)
		err = move_into_place(temp, path, must_be_new, diag);
	if (err != OTA_OK)
		(void)unlink(temp);
	return err;
}

static enum ota_err replace(const char *path, struct ota_span bytes, unsigned mode,
			    const struct ota_file_rules *rules, struct ota_diag *diag)
{
	char temp[PATH_MAX];
	size_t dir = dir_len(path);
	enum ota_err err = OTA_OK;
	bool done = false;
	sigset_t before;

	if (dir + sizeof(TEMP_NAME) > sizeof(temp))
		return ota_fail(diag, OTA_E_IO, "path is too long");
	memcpy(temp, path, dir);
	hold_signals(&before);
	if (rules->secret) {
		(void)snprintf(temp + dir, sizeof(TEMP_NAME), TEMP_PID,
			       (unsigned)getpid() & 0xffffffU);
		err = write_unnamed(path, temp, bytes, rules->must_be_new, &done, diag);
	}
	if (!done) {
		memcpy(temp + dir, TEMP_NAME, sizeof(TEMP_NAME));
		err = write_named(path, temp, bytes, mode, rules->must_be_new, diag);
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return err == OTA_OK ? sync_dir(path, diag) : err;
}

int ota_file_descriptor(const char *path)
{
	static const char dev_fd[] = "/dev/fd/";
	const char *digits;

	if (strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	if (strncmp(path, dev_fd, strlen(dev_fd)) != 0)
		return -1;
	digits = path + strlen(dev_fd);
	if (strlen(digits) == 0 || strlen(digits) > 4 ||
	    strspn(digits, "0123456789") != strlen(digits))
		return -1;
	return (int)strtol(digits, NULL, 10);
}

enum ota_err ota_file_write(const char *path, struct ota_span bytes,
			    const struct ota_file_rules *rules, struct ota_diag *diag)
{
	char real[PATH_MAX];
	unsigned mode = rules->secret ? 0600 : rules->mode;
	struct stat st;
	bool exists = stat(path, &st) == 0;
	enum ota_err err;

	if (path[0] == '\0')
		return ota_fail(diag, OTA_E_IO, "output has an empty name");
	if (exists && S_ISDIR(st.st_mode))
		return ota_fail(diag, OTA_E_IO, "is a directory");
	/* Replacing it would leave the shell's descriptor behind, opening it again would start at
	 * its first byte. */
	if (ota_file_descriptor(path) >= 0)
		return ota_file_write_fd(ota_file_descriptor(path), bytes, diag);
	if (exists && !S_ISREG(st.st_mode))
		return write_directly(path, bytes, diag);
	if (exists && rules->must_be_new)
		return ota_fail(diag, OTA_E_EXISTS, "exists already and is not overwritten");
	if (exists && access(path, W_OK) != 0)
		return fail_errno(diag, "cannot write");
	if (exists && !rules->secret)
		mode = st.st_mode & MODE_PERMS;
	if (strlen(path) >= sizeof(real))
		return ota_fail(diag, OTA_E_IO, "path is too long");
	memcpy(real, path, strlen(path) + 1);
	err = follow_links(real, diag);
	if (err != OTA_OK)
		return err;
	return replace(real, bytes, mode, rules, diag);
}

/* -- folders ----------------------------------------------------------------------------------- */

enum ota_file_kind ota_file_kind_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return OTA_FILE_NONE;
	if (S_ISREG(st.st_mode))
		return OTA_FILE_REGULAR;
	return S_ISDIR(st.st_mode) ? OTA_FILE_FOLDER : OTA_FILE_OTHER;
}

char *ota_file_join(const char *folder, const char *name)
{
	size_t len = name[0] == '/' ? 0 : strlen(folder);
	bool slash = len > 0 && folder[len - 1] != '/';
	size_t size = len + slash + strlen(name) + 1;
	char *path = malloc(size);

	if (path)
		(void)snprintf(path, size, "%.*s%s%s", (int)len, folder, slash ? "/" : "", name);
	return path;
}

static enum ota_err add_entry(const char *folder, const char *name, size_t *room,
			      struct ota_file_listing *listing, struct ota_diag *diag)
{
	struct ota_file_entry *entry;
	char *path;

	if (listing->n == *room) {
		size_t more = *room > 0 ? 2 * *room : 64;
		void *grown = realloc(listing->entry, more * sizeof(*listing->entry));

		if (!grown)
			return ota_fail(diag, OTA_E_MEMORY, "out of memory");
		listing->entry = grown;
		*room = more;
	}
	entry = &listing->entry[listing->n];
	path = ota_file_join(folder, name);
	entry->name = strdup(name);
	entry->kind = path ? ota_file_kind_of(path) : OTA_FILE_NONE;
	listing->n += entry->name != NULL;
	free(path);
	return path && entry->name ? OTA_OK : ota_fail(diag, OTA_E_MEMORY, "out of memory");
}

static enum ota_err read_entries(DIR *dir, const char *folder, size_t most,
				 struct ota_file_listing *listing, struct ota_diag *diag)
{
	enum ota_err err = OTA_OK;
	size_t room = 0;

	while (err == OTA_OK) {
		const struct dirent *found;

		errno = 0;
		found = readdir(dir); /* NOLINT(concurrency-mt-unsafe): a stream of our own */
		if (!found)
			return errno == 0 ? OTA_OK : fail_errno(diag, "cannot read");
		if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0)
			continue;
		if (listing->n == most)
			return ota_fail(diag, OTA_E_UNSUPPORTED,
					"holds more than the %zu entries that are read", most);
		err = add_entry(folder, found->d_name, &room, listing, diag);
	}
	return err;
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct ota_file_entry *)a)->name,
		      ((const struct ota_file_entry *)b)->name);
}

enum ota_err ota_file_list(const char *folder, size_t most, struct ota_file_listing *listing,
			   struct ota_diag *diag)
{
	DIR *dir = opendir(folder[0] ? folder : ".");
	enum ota_err err;

	*listing = (struct ota_file_listing){.n = 0};
	if (!dir && (errno == ENOENT || errno == ENOTDIR))
		return ota_fail(diag, OTA_E_ABSENT, "is no folder: %s", strerror(errno));
	if (!dir)
		return fail_errno(diag, "cannot open");
	err = read_entries(dir, folder, most, listing, diag);
	(void)closedir(dir);
	if (listing->n > 1)
		qsort(listing->entry, listing->n, sizeof(*listing->entry), compare_entries);
	return err;
}

void ota_file_listing_free(struct ota_file_listing *listing)
{
	for (size_t i = 0; i < listing->n; i++)
		free(listing->entry[i].name);
	free(listing->entry);
	*listing = (struct ota_file_listing){.n = 0};
}

/* The length of what two paths have in common, in whole folders. */
static size_t common_folders(const char *a, const char *b)
{
	size_t same = 0;
	size_t i = 0;

	while (a[i] && a[i] == b[i]) {
		if (a[i] == '/')
			same = i;
		i++;
	}
	if ((!a[i] || a[i] == '/') && (!b[i] || b[i] == '/'))
		same = i;
	return same;
}

/* Both begin with a slash and end without one, but for the root. */
static enum ota_err way_between(const char *from, const char *to, const char *name, char **way,
				struct ota_diag *diag)
{
	static const char up[] = "../";
	size_t same = common_folders(from, to);
	size_t ups = 0;
	size_t at = 0;
	size_t size;
	char *text;

	for (size_t i = same; from[i]; i++)
		ups += from[i] == '/' && from[i + 1];
	to += same + (to[same] == '/');
	size = strlen(up) * ups + strlen(to) + strlen(name) + 2;
	text = malloc(size);
	if (!text)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory");
	for (size_t i = 0; i < ups; i++, at += strlen(up))
		(void)snprintf(text + at, size - at, "%s", up);
	(void)snprintf(text + at, size - at, "%s%s%s", to, to[0] ? "/" : "", name);
	*way = text;
	return OTA_OK;
}

enum ota_err ota_file_way(const char *folder, const char *path, char **way, struct ota_diag *diag)
{
	char from[PATH_MAX];
	char to[PATH_MAX];
	char dir[PATH_MAX];

	*way = NULL;
	if (dir_len(path) >= sizeof(dir))
		return ota_fail(diag, OTA_E_IO, "path is too long");
	dir_of(path, dir);
	if (!realpath(folder[0] ? folder : ".", from))
		return fail_errno(diag, "the way to it is not known");
	if (!realpath(dir, to))
		return fail_errno(diag, "cannot open its folder");
	return way_between(from, to, path + dir_len(path), way, diag);
}
