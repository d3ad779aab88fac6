// SPDX-License-Identifier: Apache-2.0
/*
 * What a product gives the agent, here from the flash model and the host: flash, a streamed patch,
 * SHA-256, and the answer to a signature. For that, digest, signature and key hash are written to
 * COMMAND.digest, COMMAND.signature and COMMAND.key; then the host runs `COMMAND TYPE`, TYPE being
 * the TLV's number, and its exit code 0 means good. An answer is good for as long as the three are
 * the same: power cuts ask again and again.
 */
#include <string.h>

#include "agent.h"
#include "rig.h"
#include "rig_rt.h"
#include "rig_sha256.h"

#define SIGNATURE_MAX 512U
#define CHUNK_MAX     96U /* of a streamed patch, at most */

static struct {
	const struct rig_config *config;
	struct flash_model *model;
	uint8_t question[2 * SHA256_LEN + SIGNATURE_MAX]; /* that was answered last */
	uint32_t question_len;
	bool answer;
} hooks;

/* Lost with power, as in a product. */
__attribute__((section(".lost"))) static struct sha256 sha;
__attribute__((section(".lost"))) static uint8_t chunk[CHUNK_MAX];

void rig_hooks_init(const struct rig_config *config, struct flash_model *model)
{
	hooks.config = config;
	hooks.model = model;
}

/* -- flash ------------------------------------------------------------------------------------- */

int kit_flash_open(uint8_t id, struct kit_flash *flash)
{
	const struct flash_part *part;

	if (id >= hooks.model->parts || hooks.model->part[id].size == 0)
		return -1;
	part = &hooks.model->part[id];
	flash->driver = part;
	flash->size = part->size;
	flash->align = (uint16_t)part->write;
	flash->erased = part->erased;
	flash->id = id;
	return 0;
}

int kit_flash_read(const struct kit_flash *flash, uint32_t at, void *to, uint32_t len)
{
	return (int)flash_model_read(hooks.model, flash->id, at, to, len);
}

int kit_flash_write(const struct kit_flash *flash, uint32_t at, const void *from, uint32_t len)
{
	rig_before_operation();
	return (int)flash_model_write(hooks.model, flash->id, at, from, len);
}

/* One unit after the other; the model refuses what is none. */
int kit_flash_erase(const struct kit_flash *flash, uint32_t at, uint32_t len)
{
	const struct flash_part *part = &hooks.model->part[flash->id];
	enum flash_result result = FLASH_OK;

	while (len > 0 && result == FLASH_OK) {
		uint32_t unit, start, size;

		if (!flash_part_unit(part, at, &unit, &start, &size) || size > len)
			size = len;
		rig_before_operation();
		result = flash_model_erase(hooks.model, flash->id, at, size);
		at += size;
		len -= size;
	}
	return (int)result;
}

int kit_flash_sector(const struct kit_flash *flash, uint32_t at, struct kit_sector *sector)
{
	const struct flash_part *part = &hooks.model->part[flash->id];
	uint32_t unit;

	return flash_part_unit(part, at, &unit, &sector->at, &sector->len) ? 0 : -1;
}

/* As the areas lie in RAM, so that what is there is read through kit_flash_read alone. */
const uint8_t *kit_flash_map(const struct kit_flash *flash)
{
	(void)flash;
	return NULL;
}

/* -- a patch that comes piece by piece --------------------------------------------------------- */

int kit_patch_pull(uint32_t at, const uint8_t **bytes, uint32_t *len)
{
	struct rig_file patch = hooks.config->patch;
	uint32_t n = at % CHUNK_MAX + 1; /* 1 to 96, differing */

	if (at >= patch.len)
		return -1;
	if (n > patch.len - at)
		n = patch.len - at;
	memcpy(chunk, patch.bytes + at, n);
	*bytes = chunk;
	*len = n;
	return 0;
}

/* -- SHA-256 and signatures -------------------------------------------------------------------- */

void kit_sha256_begin(void)
{
	sha256_begin(&sha);
}

void kit_sha256_update(const void *bytes, size_t len)
{
	sha256_update(&sha, bytes, (uint32_t)len);
}

void kit_sha256_finish(uint8_t digest[SHA256_LEN])
{
	sha256_finish(&sha, digest);
}

/* COMMAND, a dot or space, and a word; cut off when it is too long, and then no file. */
static const char *name_with(const char *word)
{
	static char name[RIG_NAME_MAX + 16];

	memcpy(name, hooks.config->verify, strlen(hooks.config->verify) + 1);
	return strncat(name, word, 15);
}

static bool ask_host(const struct kit_signature *signature)
{
	char type[] = " 0x00";

	type[3] = "0123456789abcdef"[signature->type >> 4 & 15];
	type[4] = "0123456789abcdef"[signature->type & 15];
	return rig_file_write(name_with(".digest"), signature->digest, SHA256_LEN) &&
	       rig_file_write(name_with(".key"), signature->key_hash, SHA256_LEN) &&
	       rig_file_write(name_with(".signature"), signature->bytes, signature->len) &&
	       rig_host_runs(name_with(type)) == 0;
}

bool kit_signature_good(const struct kit_signature *signature)
{
	uint8_t question[sizeof(hooks.question)];
	uint32_t len = 2 * SHA256_LEN + signature->len;

	if (signature->len > SIGNATURE_MAX || hooks.config->verify[0] == '\0')
		return false;
	memcpy(question, signature->digest, SHA256_LEN);
	memcpy(question + SHA256_LEN, signature->key_hash, SHA256_LEN);
	memcpy(question + (size_t)2 * SHA256_LEN, signature->bytes, signature->len);
	if (len != hooks.question_len || memcmp(question, hooks.question, len) != 0) {
		hooks.answer = ask_host(signature);
		memcpy(hooks.question, question, len);
		hooks.question_len = len;
	}
	return hooks.answer;
}
