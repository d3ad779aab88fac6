// SPDX-License-Identifier: Apache-2.0
/* NOLINTNEXTLINE(*-reserved-identifier,cert-dcl*): for madvise */
#define _DEFAULT_SOURCE
#include <stdlib.h>
#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

#include <sodium.h>

#include <ota/buf.h>

#define SMALLEST_CAP   256
#define POPULATE_LEAST 0x10000U  /* bytes: less is not worth a call */
#define POPULATE_MOST  0x400000U /* more may never be used */

struct ota_buf ota_buf_init(size_t ceiling)
{
	return (struct ota_buf){.ceiling = ceiling};
}

/* What was asked for first, doubling after that, never past the ceiling. */
static size_t next_cap(const struct ota_buf *buf, size_t need)
{
	size_t cap = buf->cap > 0 ? buf->cap : need;

	if (cap < SMALLEST_CAP)
		cap = SMALLEST_CAP;
	while (cap < need)
		cap = cap > buf->ceiling / 2 ? buf->ceiling : cap * 2;
	return cap < buf->ceiling ? cap : buf->ceiling;
}

/*
 * Has the pages of a new buffer made at once: one by one, as they are first written, they cost more
 * than all that is done to a small image. Where it cannot be done nothing is lost.
 */
static void populate(uint8_t *data, size_t cap)
{
#ifdef MADV_POPULATE_WRITE
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t before = (page - (uintptr_t)data % page) % page;

	if (cap >= POPULATE_LEAST && cap <= POPULATE_MOST)
		(void)madvise(data + before, (cap - before) / page * page, MADV_POPULATE_WRITE);
#else
	(void)data;
	(void)cap;
#endif
}

enum ota_err ota_buf_reserve(struct ota_buf *buf, size_t more, struct ota_diag *diag)
{
	uint8_t *data;
	size_t cap;

	if (more > buf->ceiling - buf->len)
		return ota_fail(diag, OTA_E_ROOM, "more than the %zu bytes allowed", buf->ceiling);
	if (more <= buf->cap - buf->len)
		return OTA_OK;
	cap = next_cap(buf, buf->len + more);
	/* Not realloc: what it moves would leave an unwiped copy of a secret behind. */
	data = malloc(cap);
	if (!data)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory, %zu bytes wanted", cap);
	populate(data, cap);
	if (buf->len > 0)
		memcpy(data, buf->data, buf->len);
	if (buf->data)
		sodium_memzero(buf->data, buf->cap);
	free(buf->data);
	buf->data = data;
	buf->cap = cap;
	return OTA_OK;
}

enum ota_err ota_buf_append(struct ota_buf *buf, struct ota_span bytes, struct ota_diag *diag)
{
	enum ota_err err = ota_buf_reserve(buf, bytes.len, diag);

	if (err == OTA_OK && bytes.len > 0) {
		memcpy(buf->data + buf->len, bytes.data, bytes.len);
		buf->len += bytes.len;
	}
	return err;
}

struct ota_span ota_buf_span(const struct ota_buf *buf)
{
	return ota_span_of(buf->data, buf->len);
}

void ota_buf_free(struct ota_buf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->cap = 0;
}

void ota_buf_wipe(struct ota_buf *buf)
{
	if (buf->data)
		sodium_memzero(buf->data, buf->cap);
	ota_buf_free(buf);
}
