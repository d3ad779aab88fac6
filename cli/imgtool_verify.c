// SPDX-License-Identifier: Apache-2.0
/*
 * imgtool's verdict on an image, lax where imgtool is (image.py, Image.verify, 2.4.0), and what the
 * bootloader says when that is something else.
 */
#include <stdio.h>

#include <ota/firmware.h>

#include "default_boot.h"
#include "imgtool.h"
#include "io.h"
#include "key_arg.h"

enum { KEY, KEY_OPTION_IDS };

static const struct cli_option options[] = {
	[KEY] = {.name = "key", .letter = 'k', .value = "KEY", .help = "who must have signed it"},
	KEY_OPTION_ROWS,
};

enum answer {
	ANSWER_GOOD = 0,
	ANSWER_GOES_ON, /* no record has decided yet */
	ANSWER_MAGIC,
	ANSWER_TLV_MAGIC,
	ANSWER_HASH,
	ANSWER_SIGNATURE,
	ANSWER_KEY,
	ANSWER_BROKEN, /* imgtool crashes: `diag` says on what */
};

/* One verification. */
struct check {
	struct ota_span file;
	const struct ota_key *key; /* NULL: none */
	struct ota_version version;
	struct ota_span hashed; /* all before the unprotected area */
	size_t area;            /* of its info header, from the start of the file */
	size_t area_len;
	bool pure; /* some record is SIG_PURE */
	struct ota_digest digest;
	struct ota_span signature; /* the pure one that was good */
	struct ota_diag diag;
};

/* A record of the unprotected area; imgtool looks at one byte of the type only. */
struct record {
	uint8_t type;
	struct ota_span value; /* as much as the file has */
	size_t next;
};

static enum answer broken(struct check *check, const char *what)
{
	check->diag.err = ota_fail(&check->diag, OTA_E_MALFORMED, "%s", what);
	return ANSWER_BROKEN;
}

/* Two u16 at `at`; false: the file ends before. */
static bool read_pair(struct ota_span file, size_t at, uint16_t *first, uint16_t *second)
{
	struct ota_rd rd = ota_rd_init(ota_span_sub(file, at, OTA_TLV_INFO_SIZE));

	*first = ota_rd_u16(&rd);
	*second = ota_rd_u16(&rd);
	return rd.err == OTA_OK;
}

static bool read_record(const struct check *check, size_t at, struct record *record)
{
	uint16_t type;
	uint16_t len;

	if (!read_pair(check->file, at, &type, &len))
		return false;
	record->type = (uint8_t)type;
	record->value = ota_span_sub(check->file, at + OTA_TLV_HEADER_SIZE, len);
	record->next = at + OTA_TLV_HEADER_SIZE + len;
	return true;
}

/* Finds the unprotected area. The protected one's length is believed, whatever the header says. */
static enum answer find_area(struct check *check)
{
	struct ota_rd rd = ota_rd_init(check->file);
	uint32_t magic = ota_rd_u32(&rd);
	uint16_t header_size;
	uint16_t area_magic;
	uint16_t total;

	(void)ota_rd_u32(&rd); /* load address */
	header_size = ota_rd_u16(&rd);
	(void)ota_rd_u16(&rd); /* size of the protected area */
	check->area = (size_t)header_size + ota_rd_u32(&rd);
	(void)ota_rd_u32(&rd); /* flags */
	check->version.major = ota_rd_u8(&rd);
	check->version.minor = ota_rd_u8(&rd);
	check->version.revision = ota_rd_u16(&rd);
	check->version.build = ota_rd_u32(&rd);
	if (rd.err != OTA_OK)
		return broken(check, "the file ends inside the image header");
	if (magic != OTA_IMAGE_MAGIC)
		return ANSWER_MAGIC;
	if (!read_pair(check->file, check->area, &area_magic, &total))
		return broken(check, "the file ends before the image's TLV area");
	if (area_magic == OTA_TLV_PROT_INFO_MAGIC) {
		check->area += total;
		if (!read_pair(check->file, check->area, &area_magic, &total))
			return broken(check, "the file ends before the unprotected TLV area");
	}
	check->area_len = total;
	check->hashed = ota_span_head(check->file, check->area);
	return area_magic == OTA_TLV_INFO_MAGIC ? ANSWER_GOES_ON : ANSWER_TLV_MAGIC;
}

/* The hash of a digest record's type, or 0. */
static enum ota_hash hash_of(uint8_t type)
{
	switch (type) {
	case OTA_TLV_SHA256:
		return OTA_HASH_SHA256;
	case OTA_TLV_SHA384:
		return OTA_HASH_SHA384;
	case OTA_TLV_SHA512:
		return OTA_HASH_SHA512;
	default:
		return (enum ota_hash)0;
	}
}

/* imgtool's table of hashes that go with a key (ALLOWED_KEY_SHA), its odd places included. */
static bool goes_with(const struct ota_key *key, enum ota_hash hash)
{
	const char *name;

	if (!key)
		return true;
	name = ota_key_name(key);
	if (strcmp(name, "ecdsa-p384") == 0)
		return hash == OTA_HASH_SHA384;
	if (hash == OTA_HASH_SHA256)
		return ota_key_signs(key) || ota_key_is_private(key);
	if (hash == OTA_HASH_SHA384)
		return false;
	if (strcmp(name, "ecdsa-p256") == 0)
		return !ota_key_is_private(key);
	return strcmp(name, "ed25519") == 0 ||
	       (strcmp(name, "x25519") == 0 && ota_key_is_private(key));
}

static enum answer check_digest(struct check *check, enum ota_hash hash,
				const struct record *record)
{
	if (!goes_with(check->key, hash))
		return ANSWER_KEY;
	if (ota_digest_of(hash, check->hashed, &check->digest, &check->diag) != OTA_OK)
		return ANSWER_BROKEN;
	if (!ota_span_equal(ota_digest_span(&check->digest), record->value))
		return ANSWER_HASH;
	return check->key ? ANSWER_GOES_ON : ANSWER_GOOD;
}

/* What the key signs: ECDSA and RSA the digest of their own hash, Ed25519 the image's digest. */
static enum answer find_message(struct check *check, struct ota_digest *message)
{
	if (strcmp(ota_key_name(check->key), "ed25519") == 0) {
		*message = check->digest;
		return message->len > 0 ? ANSWER_GOES_ON
					: broken(check, "no digest stands before the signature");
	}
	if (ota_digest_of(ota_key_hash(check->key), check->hashed, message, &check->diag) != OTA_OK)
		return ANSWER_BROKEN;
	return ANSWER_GOES_ON;
}

/* Drops what --pad-sig puts behind a DER signature, as its second byte says. */
static struct ota_span without_padding(struct ota_span sig)
{
	return sig.len < 2 ? sig : ota_span_head(sig, (size_t)sig.data[1] + 2);
}

static enum answer try_signature(struct check *check, struct ota_span message, struct ota_span sig)
{
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err = ota_key_verify(check->key, message, sig, &diag);

	if (err == OTA_OK)
		return ANSWER_GOOD;
	if (err == OTA_E_MEMORY || err == OTA_E_CRYPTO) {
		check->diag = diag;
		return ANSWER_BROKEN;
	}
	return ANSWER_GOES_ON; /* another record may hold a good one */
}

static enum answer check_signature(struct check *check, struct ota_span sig)
{
	struct ota_digest message;
	enum answer answer;

	if (ota_key_sig_tlv(check->key) == OTA_TLV_ECDSA_SIG && sig.len < 2)
		return broken(check, "a signature of fewer than 2 bytes");
	answer = find_message(check, &message);
	if (answer != ANSWER_GOES_ON)
		return answer;
	if (ota_key_sig_tlv(check->key) == OTA_TLV_ECDSA_SIG)
		sig = without_padding(sig);
	return try_signature(check, ota_digest_span(&message), sig);
}

static enum answer check_pure(struct check *check, struct ota_span sig)
{
	enum answer answer;

	if (strcmp(ota_key_name(check->key), "ed25519") != 0)
		return broken(check, "a pure signature, which only Ed25519 keys make");
	answer = try_signature(check, check->hashed, sig);
	if (answer == ANSWER_GOOD) {
		check->signature = sig;
		check->digest.len = 0;
	}
	return answer;
}

static enum answer check_record(struct check *check, const struct record *record)
{
	enum ota_hash hash = hash_of(record->type);

	if (hash != 0)
		return check_digest(check, hash, record);
	if (!check->key)
		return ANSWER_GOES_ON;
	if (check->pure)
		return record->type == OTA_TLV_ED25519 ? check_pure(check, record->value)
						       : ANSWER_GOES_ON;
	if (!ota_key_signs(check->key))
		return broken(check, "the key is of a kind that signs nothing");
	return record->type == ota_key_sig_tlv(check->key) ? check_signature(check, record->value)
							   : ANSWER_GOES_ON;
}

/* All records in file order; the first that decides does. */
static enum answer walk(struct check *check)
{
	size_t end = check->area + check->area_len;
	struct record record;
	enum answer answer;

	for (size_t at = check->area + OTA_TLV_INFO_SIZE; at < end && !check->pure;
	     at = record.next) {
		if (!read_record(check, at, &record))
			return broken(check, "the file ends inside the TLV area");
		check->pure = record.type == OTA_TLV_SIG_PURE;
	}
	for (size_t at = check->area + OTA_TLV_INFO_SIZE; at < end; at = record.next) {
		if (!read_record(check, at, &record))
			return broken(check, "the file ends inside the TLV area");
		answer = check_record(check, &record);
		if (answer != ANSWER_GOES_ON)
			return answer;
	}
	return ANSWER_SIGNATURE;
}

static enum answer judge(struct check *check)
{
	enum answer answer = find_area(check);

	return answer == ANSWER_GOES_ON ? walk(check) : answer;
}

static void print_good(const struct check *check)
{
	printf("Image was correctly validated\nImage version: %u.%u.%u+%lu\n", check->version.major,
	       check->version.minor, check->version.revision, (unsigned long)check->version.build);
	/* A signature may be good without any digest in the image: then there is neither line. */
	if (check->digest.len > 0)
		printf("Image digest: ");
	else if (check->signature.len > 0)
		printf("Image signature over image: ");
	else
		return;
	cli_print_hex(check->digest.len > 0 ? ota_digest_span(&check->digest) : check->signature);
	printf("\n");
}

static enum cli_exit print_answer(const char *path, const struct check *check, enum answer answer)
{
	switch (answer) {
	case ANSWER_GOOD:
		print_good(check);
		return CLI_DONE;
	case ANSWER_MAGIC:
		printf("Invalid image magic; is this an MCUboot image?\n");
		return CLI_NO;
	case ANSWER_TLV_MAGIC:
		printf("Invalid TLV info magic; is this an MCUboot image?\n");
		return CLI_NO;
	case ANSWER_HASH:
		printf("Image has an invalid hash\n");
		return CLI_NO;
	case ANSWER_SIGNATURE:
	case ANSWER_GOES_ON:
		printf("No signature found for the given key\n");
		return CLI_NO;
	case ANSWER_KEY:
		printf("Key type does not match TLV record\n");
		return CLI_NO;
	case ANSWER_BROKEN:
		return cli_error(CLI_NO, path, "%s", check->diag.text);
	}
	return CLI_NO;
}

/* Says so where a default bootloader with this key would decide otherwise. */
static void compare_with_bootloader(const char *path, const struct check *check, bool good)
{
	struct ota_boot boot = {.hash = cli_default_hash(check->key, check->file)};
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_image_verdict verdict;
	struct ota_image image;
	enum ota_err err = ota_file_verify(check->file, check->key, &boot, &image, &verdict, &diag);

	if (err == OTA_OK && !good)
		cli_warning(path, "a bootloader%s takes it all the same",
			    check->key ? " with this key" : " that checks no signature");
	if (err == OTA_OK || !good || verdict.broken.rule == OTA_RULE_NONE)
		return;
	cli_warning(path, "%s: %s (%s at 0x%zx)",
		    ota_rule_kind(verdict.broken.rule) == OTA_RULE_BOOTLOADERS
			    ? "a bootloader refuses it all the same"
			    : "a bootloader takes it too, but it should not be released",
		    diag.text, ota_rule_name(verdict.broken.rule), verdict.broken.at);
}

/* A damaged HEX file is an answer about the image; one that cannot be read is not. */
static enum cli_exit read_image(const char *path, struct ota_buf *file)
{
	enum cli_exit status = imgtool_read_image(path, file);

	return status == CLI_BAD_INPUT && ota_firmware_is_hex_name(path) ? CLI_NO : status;
}

static enum cli_exit read_key(const struct cli_args *args, struct ota_key **key)
{
	const char *key_text = cli_value(args, KEY);
	enum cli_exit status = CLI_DONE;

	if (key_text)
		status = cli_read_key(args, key_text, key);
	if (status == CLI_NO)
		return CLI_USAGE; /* --strict is no answer about the image */
	if (status == CLI_DONE && *key && ota_key_is_kek(*key))
		return cli_error(CLI_USAGE, key_text, "is a %s, which signs nothing",
				 ota_key_name(*key));
	return status;
}

static enum cli_exit run(const struct cli_args *args)
{
	const char *path = args->positional[0];
	const char *const inputs[] = {path, cli_value(args, KEY)};
	struct check check = {.diag = {.err = OTA_OK}};
	struct ota_buf file = {.data = NULL};
	struct ota_key *key = NULL;
	enum cli_exit status = cli_check_key_stdin(args, inputs, 2);
	enum answer answer;

	if (status == CLI_DONE)
		status = read_image(path, &file);
	if (status == CLI_DONE)
		status = read_key(args, &key);
	if (status == CLI_DONE) {
		check.file = ota_buf_span(&file);
		check.key = key;
		answer = judge(&check);
		status = print_answer(path, &check, answer);
		compare_with_bootloader(path, &check, answer == ANSWER_GOOD);
	}
	ota_key_free(key);
	ota_buf_free(&file);
	return status;
}

const struct cli_command imgtool_verify = {
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 1,
	.positionals = "IMGFILE",
	.run = run,
};
