// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include <ota/base64.h>
#include <ota/delta_update.h>

#include "default_boot.h"
#include "image_file.h"
#include "image_text.h"
#include "key_arg.h"
#include "target_arg.h"

#define SIGNATURE_FILE_MAX 4096U /* bytes: RSA-3072 in base64 is 512 */

enum {
	KEY,
	TARGET,
	SHA,
	SLOT_SIZE,
	COUNTER_FLOOR,
	CRYPTO,
	ENDIAN,
	HW_KEY,
	ENCRYPTION_KEY,
	CLEAR,
	SIGNATURE,
	NO_ALLOW_LIST,
	LAX,
	KEY_OPTION_IDS,
	JSON,
};

static const struct cli_option options[] = {
	[KEY] = {.name = "key",
		 .letter = 'k',
		 .value = "KEY",
		 .help = "public or private key that must have signed it; again for a bootloader "
			 "with several"},
	[TARGET] = {.name = "target",
		    .value = "T",
		    .help = "the bootloader and slots of this device profile"},
	[SHA] = {.name = "sha",
		 .value = "256|384|512",
		 .help = "the bootloader's hash (default: 384 for a P-384 key, else 256)"},
	[SLOT_SIZE] =
		{.name = "slot-size",
		 .letter = 'S',
		 .value = "N",
		 .help = "bytes of the slot, with the least trailer a bootloader keeps in it"},
	[COUNTER_FLOOR] =
		{.name = "security-counter-floor",
		 .value = "N",
		 .help = "the counter stored in the device; turns rollback protection on"},
	[CRYPTO] = {.name = "crypto",
		    .value = "tinycrypt|mbedtls",
		    .help = "the bootloader's ECDSA (default tinycrypt)"},
	[ENDIAN] = {.name = "endian",
		    .letter = 'e',
		    .value = "little|big",
		    .help = "byte order of the device (default little)"},
	[HW_KEY] = {.name = "hw-key",
		    .help = "a bootloader that stores the key's hash and takes the key from the "
			    "image (MCUBOOT_HW_KEY)"},
	[ENCRYPTION_KEY] = {.name = "encryption-key",
			    .value = "KEY",
			    .help = "private key, or key-encryption key, that an encrypted image's "
				    "key is wrapped for"},
	[CLEAR] = {.name = "clear",
		   .help = "an encrypted image as in the primary slot, its payload in plaintext"},
	[SIGNATURE] = {.name = "signature",
		       .value = "FILE",
		       .help = "check this signature, in base64 or as it is, not the image's own"},
	[NO_ALLOW_LIST] = {.name = "no-allow-list",
			   .help = "a bootloader that takes any TLV in the unprotected area"},
	[LAX] = {.name = "lax",
		 .value = "RULE",
		 .help = "warn where a rule of ours, not the bootloader's, is broken"},
	KEY_OPTION_ROWS,
	[JSON] = {.name = "json", .help = "print a JSON object"},
};

static const struct cli_example examples[] = {
	{"otatool verify app.img -k pub.pem",
	 "would a default bootloader with this key boot it? exit 1 if not"},
	{"otatool verify app.img -k pub.pem --target water-meter-l476 --security-counter-floor 7",
	 "for one board: slot sizes, upgrade mode, stored counter"},
	{"otatool verify app.img -k pub.pem --signature app.sig",
	 "a signature that is kept apart from the image"},
	{"otatool verify app.img", "structure and digest only: says nothing of who made it"},
	{"otatool verify slot0-dump.bin -k pub.pem --lax trailing-bytes",
	 "a slot read back from a device that was never swapped"},
	{NULL, NULL},
};

/* The answer, for both forms of the report. */
struct report {
	const char *path;
	bool has_base; /* the file was Intel HEX, from address `base` on */
	uint32_t base;
	bool has_encryption_key;
	bool detached; /* the signature was given apart from the image */
	struct ota_image image;
	const char *key_type;                        /* NULL: no key was given */
	struct ota_digest key_id[OTA_BOOT_KEYS_MAX]; /* of each key */
	struct ota_boot boot;
	struct ota_image_verdict verdict;
	struct ota_delta_update update; /* opened when the verdict says that it is one */
	enum ota_err err;
	struct ota_diag diag;
};

/* What judging borrows. */
struct inputs {
	struct image_file image;
	struct ota_key *keys[OTA_BOOT_KEYS_MAX];
	const struct ota_key *more_keys[OTA_BOOT_KEYS_MAX - 1]; /* the same from the second on */
	size_t n_keys;
	struct ota_key *encryption_key;
	struct ota_sig signature; /* len 0: none was given */
};

/* -- which bootloader -------------------------------------------------------------------------- */

static enum cli_exit read_lax(const struct cli_args *args, struct ota_boot *boot)
{
	for (unsigned i = 0; i < args->n_given; i++) {
		const char *word = args->given[i].value[0];
		enum ota_rule rule;
		char list[512] = "";

		if (args->given[i].option != LAX)
			continue;
		rule = ota_rule_find(word);
		if (rule != OTA_RULE_NONE && ota_rule_kind(rule) == OTA_RULE_OURS) {
			boot->lax[rule] = true;
			continue;
		}
		if (rule != OTA_RULE_NONE && ota_rule_kind(rule) == OTA_RULE_BOOTLOADERS)
			return cli_error(CLI_USAGE, "--lax",
					 "%s is the bootloader's rule: who breaks it does not boot",
					 word);
		for (unsigned r = OTA_RULE_NONE + 1; r < OTA_RULES; r++) {
			if (ota_rule_kind((enum ota_rule)r) == OTA_RULE_OURS)
				ota_list_add(list, sizeof(list), ota_rule_name((enum ota_rule)r));
		}
		return cli_error(CLI_USAGE, "--lax", "\"%s\" is not one of %s", word, list);
	}
	return CLI_DONE;
}

static enum cli_exit read_target(const struct cli_args *args, struct ota_boot *boot)
{
	struct ota_diag diag = {.err = OTA_OK};
	const char *name = cli_value(args, TARGET);
	struct ota_target target;
	enum cli_exit status;

	if (!name)
		return CLI_DONE;
	status = cli_read_target(name, &target);
	if (status == CLI_DONE && ota_boot_from_target(&target, boot, &diag) != OTA_OK) {
		ota_hint(&diag, "make a board profile with base: %s", name);
		status = cli_fail(name, &diag);
	}
	return status;
}

/* An explicit option wins over the profile. */
static enum cli_exit read_boot(const struct cli_args *args, struct ota_boot *boot)
{
	static const char *const shas[] = {"256", "384", "512", NULL};
	static const enum ota_hash hashes[] = {OTA_HASH_SHA256, OTA_HASH_SHA384, OTA_HASH_SHA512};
	static const char *const cryptos[] = {"tinycrypt", "mbedtls", NULL};
	static const char *const orders[] = {"little", "big", NULL};
	uint64_t counter = 0;
	unsigned sha = 0;
	unsigned order = 0;
	unsigned crypto;
	enum cli_exit status = read_target(args, boot);

	crypto = (unsigned)boot->crypto;
	if (status == CLI_DONE)
		status = cli_choice(args, SHA, shas, &sha);
	if (status == CLI_DONE)
		status = cli_choice(args, CRYPTO, cryptos, &crypto);
	if (status == CLI_DONE)
		status = cli_choice(args, ENDIAN, orders, &order);
	if (status == CLI_DONE)
		status = cli_number(args, COUNTER_FLOOR, UINT32_MAX, &counter);
	if (status == CLI_DONE && cli_has(args, SLOT_SIZE)) {
		boot->max_image = 0;
		boot->larger_slot = 0;
		status = cli_size(args, SLOT_SIZE, UINT32_MAX, &boot->slot_size);
		if (status == CLI_DONE && boot->slot_size == 0)
			return cli_error(CLI_USAGE, "--slot-size", "0 bytes hold no image");
	}
	if (status != CLI_DONE)
		return status;
	if (cli_has(args, TARGET) && cli_has(args, ENCRYPTION_KEY) && !boot->encrypts)
		cli_warning(cli_value(args, TARGET),
			    "says encryption: none; its limits are without keys in the trailer");
	if (cli_has(args, SHA))
		boot->hash = hashes[sha];
	boot->crypto = (enum ota_boot_crypto)crypto;
	boot->order = order == 1 ? OTA_BOOT_BIG_ENDIAN : OTA_BOOT_LITTLE_ENDIAN;
	boot->hw_key = cli_has(args, HW_KEY);
	boot->in_clear = cli_has(args, CLEAR);
	boot->rollback = cli_has(args, COUNTER_FLOOR);
	boot->counter = (uint32_t)counter;
	boot->no_allow_list |= cli_has(args, NO_ALLOW_LIST);
	return read_lax(args, boot);
}

/* -- the answer -------------------------------------------------------------------------------- */

static void print_update_patch(const struct report *report)
{
	char old_version[VERSION_TEXT_MAX];
	char new_version[VERSION_TEXT_MAX];

	printf("  patch      %s, from version %s to %s\n", report->update.format,
	       version_text(&report->update.tlv.old_version, old_version),
	       version_text(&report->image.header.version, new_version));
}

static void print_good(const struct report *report)
{
	const struct ota_image_verdict *verdict = &report->verdict;
	char version[VERSION_TEXT_MAX];
	char bytes[32];

	printf("%s: good %s, version %s, %s bytes\n", report->path,
	       verdict->delta_update ? "delta update" : "MCUboot image",
	       version_text(&report->image.header.version, version),
	       ota_number_grouped(report->image.bytes.len, bytes));
	if (report->has_base)
		printf("  address    0x%08" PRIx32 "\n", report->base);
	if (report->image.big_endian)
		printf("  byte order big-endian\n");
	if (verdict->digest.len > 0) {
		printf("  digest     %s, %s, ", ota_hash_name(verdict->hash),
		       verdict->digest_good ? "good" : "WRONG, or one of them is");
		cli_print_hex(ota_digest_span(&verdict->digest));
		printf("\n");
	}
	if (report->key_type) {
		printf("  signature  %s%s%s, good, key id ", report->key_type,
		       verdict->pure ? " (pure)" : "",
		       report->detached ? ", apart from the image" : "");
		cli_print_hex(ota_digest_span(&report->key_id[verdict->key]));
		printf("\n");
	}
	if (verdict->delta_update)
		print_update_patch(report);
	if (verdict->decrypted)
		printf("  encrypted  judged in plaintext\n");
	if (report->image.rest.len > 0)
		printf("  followed by %s bytes of padding%s\n",
		       ota_number_grouped(report->image.rest.len, bytes),
		       report->image.has_trailer ? " and trailer" : "");
}

/* The development key that the image names, or NULL. */
static const char *development_name(const struct report *report)
{
	return ota_key_development_name(ota_digest_span(&report->verdict.key_hash));
}

static json_t *json_finding(const struct ota_finding *finding)
{
	json_t *object = json_object();

	cli_json_text(object, "rule", ota_rule_name(finding->rule));
	cli_json_uint(object, "offset", finding->at);
	cli_json_text(object, "text", finding->text);
	cli_json_text(object, "bootloader", ota_rule_bootloader(finding->rule));
	return object;
}

static void json_answer(json_t *object, const struct report *report)
{
	const struct ota_image_verdict *verdict = &report->verdict;
	json_t *warnings = json_array();

	if (report->diag.err != OTA_OK) {
		cli_json_text(object, "reason", report->diag.text);
		cli_json_text(object, "error", ota_err_name(report->diag.err));
	}
	if (verdict->broken.rule != OTA_RULE_NONE) {
		cli_json_text(object, "rule", ota_rule_name(verdict->broken.rule));
		cli_json_uint(object, "offset", verdict->broken.at);
		cli_json_text(object, "bootloader", ota_rule_bootloader(verdict->broken.rule));
		cli_json_bool(object, "bootloader_refuses",
			      ota_rule_kind(verdict->broken.rule) == OTA_RULE_BOOTLOADERS);
		if (verdict->other_hash != 0)
			cli_json_text(object, "hash_that_fits", ota_hash_name(verdict->other_hash));
	}
	for (unsigned i = 0; i < verdict->n_warnings; i++)
		(void)json_array_append_new(warnings, json_finding(&verdict->warning[i]));
	cli_json_add(object, "warnings", warnings);
}

static void json_update_patch(json_t *object, const struct report *report)
{
	char version[VERSION_TEXT_MAX];

	cli_json_text(object, "patch_format", report->update.format);
	cli_json_text(object, "old_version",
		      version_text(&report->update.tlv.old_version, version));
	cli_json_text(object, "new_version", version_text(&report->image.header.version, version));
}

static enum cli_exit print_json(const struct report *report, enum cli_exit status)
{
	const struct ota_image_verdict *verdict = &report->verdict;
	json_t *object = cli_json("verify");
	enum cli_exit printed;

	cli_json_text(object, "file", report->path);
	cli_json_bool(object, "good", status == CLI_DONE);
	cli_json_bool(object, "signature_checked", report->key_type != NULL);
	cli_json_bool(object, "signature_good", verdict->verified && status == CLI_DONE);
	/* Of a file that could not be opened as an image nothing of this is known. */
	if (report->image.bytes.len > 0) {
		cli_json_bool(object, "signed", verdict->has_signature);
		cli_json_bool(object, "signature_detached", report->detached);
		cli_json_bool(object, "pure", verdict->pure);
		cli_json_bool(object, "decrypted", verdict->decrypted);
		cli_json_bool(object, "delta_update", verdict->delta_update);
	}
	if (verdict->delta_update && status == CLI_DONE)
		json_update_patch(object, report);
	if (verdict->digest.len > 0) {
		cli_json_text(object, "hash", ota_hash_name(verdict->hash));
		cli_json_hex(object, "digest", ota_digest_span(&verdict->digest));
		cli_json_bool(object, "digest_good", verdict->digest_good);
	}
	if (verdict->key_hash.len > 0)
		cli_json_hex(object, "key_hash", ota_digest_span(&verdict->key_hash));
	if (development_name(report))
		cli_json_text(object, "development_key", development_name(report));
	if (report->key_type) {
		cli_json_text(object, "key_type", report->key_type);
		cli_json_hex(object, "key_id", ota_digest_span(&report->key_id[verdict->key]));
	}
	json_answer(object, report);
	if (report->has_base)
		cli_json_uint(object, "address", report->base);
	if (report->image.bytes.len > 0)
		json_image(object, &report->image);
	printed = cli_json_print(object);
	return status == CLI_DONE ? printed : status;
}

static void warn(const struct report *report)
{
	const struct ota_image_verdict *verdict = &report->verdict;
	const char *name = development_name(report);

	if (report->image.big_endian)
		cli_warning(report->path,
			    "its TLV types are one byte and a zero, as imgtool writes "
			    "them; a bootloader that reads 16-bit big-endian types "
			    "refuses it");
	for (unsigned i = 0; i < verdict->n_warnings; i++)
		cli_warning(report->path, "%s (%s at 0x%zx)", verdict->warning[i].text,
			    ota_rule_name(verdict->warning[i].rule), verdict->warning[i].at);
	/* With a key given its reader has said so. */
	if (name && !report->key_type)
		cli_warning(
			report->path,
			"names MCUboot's development key %s in its key hash, whose private part is "
			"public",
			name);
	if (!report->key_type && verdict->has_signature)
		cli_warning(report->path, "signature not checked, no --key given");
	else if (!report->key_type)
		cli_warning(report->path,
			    "signature not checked, there is none: anyone can make an image like "
			    "it");
}

/* Which option asks for another bootloader, one that may take the image. */
static void hint_option(const struct report *report)
{
	const struct ota_image_verdict *verdict = &report->verdict;
	const struct ota_image *image = &report->image;
	enum ota_rule rule = verdict->broken.rule;
	struct ota_tlv whole_key;

	if (rule == OTA_RULE_MAGIC && image->big_endian)
		cli_hint("-e big judges it as a big-endian bootloader does");
	if (rule == OTA_RULE_ENCRYPTED && !report->has_encryption_key)
		cli_hint("--encryption-key KEY judges it for one that has the private key");
	if (rule == OTA_RULE_KEY_HASH && !report->boot.hw_key &&
	    ota_image_find_tlv(image, OTA_TLV_PUBKEY, &whole_key))
		cli_hint("--hw-key judges it for one that takes the key from the image");
	if (verdict->other_hash != 0)
		cli_hint("--sha %zu: a bootloader built for that hash takes it",
			 8 * ota_hash_size(verdict->other_hash));
	if (ota_rule_kind(rule) == OTA_RULE_OURS)
		cli_hint("--lax %s takes it all the same", ota_rule_name(rule));
}

/* Exit code 1 for all that a device would refuse, whatever was wrong with it. */
static enum cli_exit fail(const struct report *report)
{
	const struct ota_finding *broken = &report->verdict.broken;

	if (broken->rule == OTA_RULE_NONE) {
		enum cli_exit status = cli_fail(report->path, &report->diag);

		/* Of a delta update what is malformed is what a device refuses. */
		return status == CLI_BAD_INPUT && report->verdict.delta_update ? CLI_NO : status;
	}
	(void)cli_error(CLI_NO, report->path, "%s (%s at 0x%zx)", report->diag.text,
			ota_rule_name(broken->rule), broken->at);
	cli_hint("the bootloader %s", ota_rule_bootloader(broken->rule));
	if (report->diag.hint[0])
		cli_hint("%s", report->diag.hint);
	hint_option(report);
	return CLI_NO;
}

static void describe(struct report *report, const struct inputs *inputs)
{
	report->has_base = inputs->image.firmware.has_base;
	report->base = inputs->image.firmware.base;
	report->detached = inputs->signature.len > 0;
	report->has_encryption_key = inputs->encryption_key != NULL;
	if (inputs->n_keys > 0)
		report->key_type = ota_key_name(inputs->keys[0]);
}

/* Fills the report. The keys are needed no more when it is printed. */
static enum ota_err judge(struct report *report, const struct inputs *inputs)
{
	const struct ota_key *key = inputs->n_keys > 0 ? inputs->keys[0] : NULL;
	struct ota_span file = ota_buf_span(&inputs->image.firmware.bytes);
	struct ota_boot boot = report->boot;
	enum ota_err err = OTA_OK;

	describe(report, inputs);
	for (size_t i = 0; i < inputs->n_keys && err == OTA_OK; i++)
		err = ota_key_id(inputs->keys[i], OTA_HASH_SHA256, &report->key_id[i],
				 &report->diag);
	if (err != OTA_OK)
		return err;
	if (boot.hash == 0)
		boot.hash = cli_default_hash(key, file);
	boot.more_keys = inputs->more_keys;
	boot.n_more_keys = inputs->n_keys > 1 ? inputs->n_keys - 1 : 0;
	boot.encryption_key = inputs->encryption_key;
	boot.signature = ota_span_of(inputs->signature.data, inputs->signature.len);
	err = ota_file_verify(file, key, &boot, &report->image, &report->verdict, &report->diag);
	/* No bootloader looks into it; a device that applies it does. */
	if (err == OTA_OK && report->verdict.delta_update)
		err = ota_delta_update_open(file, &report->update, &report->diag);
	return err;
}

static enum cli_exit print_report(const struct report *report, bool json)
{
	enum cli_exit status = CLI_DONE;

	if (report->err == OTA_OK)
		warn(report);
	else
		status = fail(report);
	/* What is no answer about the image is no report. */
	if (status != CLI_DONE && status != CLI_NO)
		return status;
	if (json)
		return print_json(report, status);
	if (status == CLI_DONE)
		print_good(report);
	return status;
}

/* -- what is read ------------------------------------------------------------------------------ */

static enum cli_exit read_key(const struct cli_args *args, const char *text, struct inputs *inputs)
{
	struct ota_key *key = NULL;
	enum cli_exit status;

	if (inputs->n_keys == OTA_BOOT_KEYS_MAX)
		return cli_error(CLI_USAGE, "--key", "is given more than %u times",
				 OTA_BOOT_KEYS_MAX);
	status = cli_read_key(args, text, &key);
	if (status != CLI_DONE)
		return status;
	if (inputs->n_keys > 0)
		inputs->more_keys[inputs->n_keys - 1] = key;
	inputs->keys[inputs->n_keys++] = key;
	if (!ota_key_signs(key))
		return cli_error(CLI_USAGE, text, "is a key of type %s, which signs nothing",
				 ota_key_name(key));
	return CLI_DONE;
}

static enum cli_exit read_keys(const struct cli_args *args, struct inputs *inputs)
{
	enum cli_exit status = CLI_DONE;

	for (unsigned i = 0; i < args->n_given && status == CLI_DONE; i++) {
		if (args->given[i].option == KEY)
			status = read_key(args, args->given[i].value[0], inputs);
	}
	if (status == CLI_DONE && cli_has(args, ENCRYPTION_KEY))
		status = cli_read_device_key(args, cli_value(args, ENCRYPTION_KEY),
					     &inputs->encryption_key);
	return status;
}

static bool is_base64(struct ota_span text)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\r\n\t ";

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == 0 || !strchr(letters, text.data[i]))
			return false;
	}
	return true;
}

/* Base64, or the bytes themselves; of ECDSA also the numbers r and s, which become DER. */
static enum cli_exit take_signature(const char *path, struct ota_span file,
				    const struct ota_key *key, struct ota_sig *sig)
{
	struct ota_buf decoded = ota_buf_init(SIGNATURE_FILE_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status = CLI_DONE;
	bool in_text = is_base64(file);

	if (in_text && ota_base64_decode(file, &decoded, &diag) != OTA_OK)
		status = cli_fail(path, &diag);
	if (in_text)
		file = ota_buf_span(&decoded);
	if (status == CLI_DONE && (file.len == 0 || file.len > sizeof(sig->data)))
		status = cli_error(CLI_BAD_INPUT, path, "holds %zu bytes, signatures have 1 to %zu",
				   file.len, sizeof(sig->data));
	if (status == CLI_DONE && ota_key_sig_from_raw(key, file, sig, NULL) != OTA_OK) {
		memcpy(sig->data, file.data, file.len);
		sig->len = file.len;
	}
	ota_buf_free(&decoded);
	return status;
}

static enum cli_exit read_signature(const struct cli_args *args, struct inputs *inputs)
{
	const char *path = cli_value(args, SIGNATURE);
	struct ota_buf file = {.data = NULL};
	enum cli_exit status;

	if (!path)
		return CLI_DONE;
	status = cli_read_max(path, SIGNATURE_FILE_MAX, &file);
	if (status == CLI_DONE)
		status = take_signature(path, ota_buf_span(&file), inputs->keys[0],
					&inputs->signature);
	ota_buf_free(&file);
	return status;
}

static enum cli_exit read_image(const char *path, struct image_file *file)
{
	enum cli_exit status = image_file_read(path, file);

	/* The only bad input a binary can be is a file too large to be read. */
	return status == CLI_BAD_INPUT && !ota_firmware_is_hex_name(path) ? CLI_ENVIRONMENT
									  : status;
}

/* Standard input is one file's at most; of several keys on it the second would read nothing. */
static enum cli_exit check_stdin(const struct cli_args *args)
{
	const char *inputs[] = {args->positional[0], cli_value(args, SIGNATURE),
				cli_value(args, ENCRYPTION_KEY), NULL};

	for (unsigned i = 0; i < args->n_given; i++) {
		const char *text = args->given[i].value[0];

		if (args->given[i].option != KEY || !cli_is_stdin(text))
			continue;
		if (inputs[3])
			return cli_error(CLI_USAGE, "verify",
					 "standard input can be only one of its files");
		inputs[3] = text;
	}
	return cli_check_key_stdin(args, inputs, sizeof(inputs) / sizeof(inputs[0]));
}

static enum cli_exit check(const struct cli_args *args)
{
	if (cli_has(args, SIGNATURE) && !cli_has(args, KEY))
		return cli_error(CLI_USAGE, "--signature", "needs --key KEY, whose it is");
	if (cli_has(args, CLEAR) && cli_has(args, ENCRYPTION_KEY))
		return cli_error(CLI_USAGE, "--clear",
				 "and --encryption-key do not go together: nothing is decrypted");
	return check_stdin(args);
}

static void free_keys(struct inputs *inputs)
{
	ota_key_free(inputs->encryption_key);
	inputs->encryption_key = NULL;
	while (inputs->n_keys > 0)
		ota_key_free(inputs->keys[--inputs->n_keys]);
}

static enum cli_exit run(const struct cli_args *args)
{
	struct report report = {.path = args->positional[0]};
	struct inputs inputs = {.n_keys = 0};
	enum cli_exit status = check(args);

	if (status == CLI_DONE)
		status = read_boot(args, &report.boot);
	/* The image first: while it blocks no key is in memory. */
	if (status == CLI_DONE)
		status = read_image(report.path, &inputs.image);
	if (status == CLI_DONE)
		status = read_keys(args, &inputs);
	if (status == CLI_DONE)
		status = read_signature(args, &inputs);
	if (status == CLI_DONE)
		report.err = judge(&report, &inputs);
	/* Nothing secret stays in memory while a slow output blocks. */
	free_keys(&inputs);
	if (status == CLI_DONE)
		status = print_report(&report, cli_has(args, JSON));
	image_file_free(&inputs.image);
	return status;
}

const struct cli_command cli_cmd_verify = {
	.usage = "verify IMAGE [-k KEY...] [--target T] [options]",
	.examples = examples,
	.about = "Answers for one bootloader build: that of --target, else the default: SHA-256\n"
		 "(SHA-384 for a P-384 key), TLV allow list on (Zephyr's default), no encryption,\n"
		 "no rollback protection, ECDSA by tinycrypt, a little-endian processor, no slot\n"
		 "limit. What this build refuses is refused, and some of what it takes and no one\n"
		 "should release. Those rules, which --lax waives, are header-size,\n"
		 "trailing-bytes, short-key-hash, signature-der, tlv-size, tlv-overlap,\n"
		 "other-hash, public-key, stray-image-key, image-key-size, counter-unprotected,\n"
		 "counter-twice, no-digest.\n\n"
		 "An image with a SIG_PURE TLV is judged as by a build for pure signatures, an\n"
		 "encrypted one as in the secondary slot, a delta update as one that is not\n"
		 "booted. The answer names the rule, where in the file, and what the bootloader\n"
		 "would do. Exit code 1 for every file a device would refuse, damaged and foreign\n"
		 "ones too. Of several keys the image's key hash chooses, and the last signature\n"
		 "by one of them decides. IMAGE named .hex is Intel HEX.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 1,
	.positionals = "an image",
	.run = run,
};
