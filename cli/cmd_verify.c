// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "image_text.h"
#include "io.h"
#include "key_arg.h"
#include "target_arg.h"

enum {
	KEY,
	TARGET,
	SHA,
	SLOT_SIZE,
	COUNTER_FLOOR,
	CRYPTO,
	ENCRYPTION_KEY,
	NO_ALLOW_LIST,
	LAX,
	KEY_OPTION_IDS,
	JSON,
};

static const struct cli_option options[] = {
	[KEY] = {.name = "key",
		 .letter = 'k',
		 .value = "KEY",
		 .help = "public or private key that must have signed it"},
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
	[ENCRYPTION_KEY] = {.name = "encryption-key",
			    .value = "KEY",
			    .help = "private key that an encrypted image's key is wrapped for"},
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
	{"otatool verify app.img", "structure and digest only: says nothing of who made it"},
	{"otatool verify slot0-dump.bin -k pub.pem --lax trailing-bytes",
	 "a slot read back from a device that was never swapped"},
	{NULL, NULL},
};

/* The answer, for both forms of the report. */
struct report {
	const char *path;
	struct ota_image image;
	const char *key_type;     /* NULL: no key was given */
	struct ota_digest key_id; /* of the key, or empty */
	struct ota_boot boot;
	struct ota_image_verdict verdict;
	enum ota_err err;
	struct ota_diag diag;
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
	uint64_t counter = 0;
	unsigned sha = 0;
	unsigned crypto;
	enum cli_exit status = read_target(args, boot);

	crypto = (unsigned)boot->crypto;
	if (status == CLI_DONE)
		status = cli_choice(args, SHA, shas, &sha);
	if (status == CLI_DONE)
		status = cli_choice(args, CRYPTO, cryptos, &crypto);
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
	boot->rollback = cli_has(args, COUNTER_FLOOR);
	boot->counter = (uint32_t)counter;
	boot->no_allow_list |= cli_has(args, NO_ALLOW_LIST);
	return read_lax(args, boot);
}

/*
 * The default build's hash. Without a key the image says whether it is a P-384 one's: an ECDSA
 * signature beside a SHA-384 digest is.
 */
static enum ota_hash default_hash(const struct ota_key *key, struct ota_span file)
{
	struct ota_image image;
	struct ota_tlv_iter iter;
	struct ota_tlv tlv;
	bool sha256 = false;
	bool sha384 = false;
	bool ecdsa = false;

	if (key || ota_image_open(file, &image, NULL) != OTA_OK)
		return ota_boot_default_hash(key);
	iter = ota_tlv_iter_init(&image.areas);
	while (ota_tlv_next(&iter, &tlv) == OTA_OK) {
		sha256 |= tlv.type == OTA_TLV_SHA256;
		sha384 |= tlv.type == OTA_TLV_SHA384;
		ecdsa |= tlv.type == OTA_TLV_ECDSA_SIG;
	}
	return ecdsa && sha384 && !sha256 ? OTA_HASH_SHA384 : OTA_HASH_SHA256;
}

/* -- the answer -------------------------------------------------------------------------------- */

static void print_good(const struct report *report)
{
	const struct ota_image_verdict *verdict = &report->verdict;
	char version[VERSION_TEXT_MAX];

	printf("%s: good %s, version %s, %zu bytes\n", report->path,
	       verdict->delta_update ? "delta update" : "MCUboot image",
	       version_text(&report->image.header.version, version), report->image.bytes.len);
	if (verdict->digest.len > 0) {
		printf("  digest     %s, %s, ", ota_hash_name(verdict->hash),
		       verdict->digest_good ? "good" : "WRONG, or one of them is");
		cli_print_hex(ota_digest_span(&verdict->digest));
		printf("\n");
	}
	if (report->key_type) {
		printf("  signature  %s%s, good, key id ", report->key_type,
		       verdict->pure ? " (pure)" : "");
		cli_print_hex(ota_digest_span(&report->key_id));
		printf("\n");
	}
	if (verdict->decrypted)
		printf("  encrypted  judged in plaintext\n");
	if (report->image.rest.len > 0)
		printf("  followed by %zu bytes of padding%s\n", report->image.rest.len,
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
		cli_json_bool(object, "pure", verdict->pure);
		cli_json_bool(object, "decrypted", verdict->decrypted);
		cli_json_bool(object, "delta_update", verdict->delta_update);
	}
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
		cli_json_hex(object, "key_id", ota_digest_span(&report->key_id));
	}
	json_answer(object, report);
	if (report->image.bytes.len > 0)
		json_image(object, &report->image);
	printed = cli_json_print(object);
	return status == CLI_DONE ? printed : status;
}

static void warn(const struct report *report)
{
	const struct ota_image_verdict *verdict = &report->verdict;
	const char *name = development_name(report);

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

/* Exit code 1 for all that a device would refuse, whatever was wrong with it. */
static enum cli_exit fail(const struct report *report)
{
	const struct ota_finding *broken = &report->verdict.broken;

	if (broken->rule == OTA_RULE_NONE)
		return cli_fail(report->path, &report->diag);
	(void)cli_error(CLI_NO, report->path, "%s (%s at 0x%zx)", report->diag.text,
			ota_rule_name(broken->rule), broken->at);
	cli_hint("the bootloader %s", ota_rule_bootloader(broken->rule));
	if (report->diag.hint[0])
		cli_hint("%s", report->diag.hint);
	if (report->verdict.other_hash != 0)
		cli_hint("--sha %zu: a bootloader built for that hash takes it",
			 8 * ota_hash_size(report->verdict.other_hash));
	if (ota_rule_kind(broken->rule) == OTA_RULE_OURS)
		cli_hint("--lax %s takes it all the same", ota_rule_name(broken->rule));
	return CLI_NO;
}

/* Fills the report. The key is needed no more when it is printed. */
static enum ota_err judge(struct report *report, struct ota_span file, const struct ota_key *key)
{
	enum ota_err err;

	if (key) {
		report->key_type = ota_key_name(key);
		err = ota_key_id(key, OTA_HASH_SHA256, &report->key_id, &report->diag);
		if (err != OTA_OK)
			return err;
	}
	if (report->boot.hash == 0)
		report->boot.hash = default_hash(key, file);
	return ota_file_verify(file, key, &report->boot, &report->image, &report->verdict,
			       &report->diag);
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

static enum cli_exit read_keys(const struct cli_args *args, struct ota_key **key,
			       struct ota_key **encryption_key)
{
	enum cli_exit status = CLI_DONE;

	if (cli_has(args, KEY))
		status = cli_read_key(args, cli_value(args, KEY), key);
	if (status == CLI_DONE && *key && !ota_key_signs(*key))
		return cli_error(CLI_USAGE, cli_value(args, KEY),
				 "is a key of type %s, which signs nothing", ota_key_name(*key));
	if (status == CLI_DONE && cli_has(args, ENCRYPTION_KEY))
		status = cli_read_key(args, cli_value(args, ENCRYPTION_KEY), encryption_key);
	if (status == CLI_DONE && *encryption_key && ota_key_enc_tlv(*encryption_key) == 0)
		return cli_error(CLI_USAGE, cli_value(args, ENCRYPTION_KEY),
				 "is a key of type %s, which encrypts nothing",
				 ota_key_name(*encryption_key));
	if (status == CLI_DONE && *encryption_key && !ota_key_is_private(*encryption_key))
		return cli_error(CLI_USAGE, cli_value(args, ENCRYPTION_KEY),
				 "is a public key; the private one decrypts");
	return status;
}

static enum cli_exit read_image(const char *path, struct ota_buf *file)
{
	enum cli_exit status = cli_read(path, file);

	/* The only bad input there can be is a file too large to be read. */
	return status == CLI_BAD_INPUT ? CLI_ENVIRONMENT : status;
}

static enum cli_exit run(const struct cli_args *args)
{
	const char *const inputs[] = {args->positional[0], cli_value(args, KEY),
				      cli_value(args, ENCRYPTION_KEY)};
	struct report report = {.path = args->positional[0]};
	struct ota_buf file = {.data = NULL};
	struct ota_key *key = NULL;
	struct ota_key *encryption_key = NULL;
	enum cli_exit status = cli_check_key_stdin(args, inputs, 3);

	if (status == CLI_DONE)
		status = read_boot(args, &report.boot);
	/* The image first: while it blocks no key is in memory. */
	if (status == CLI_DONE)
		status = read_image(report.path, &file);
	if (status == CLI_DONE)
		status = read_keys(args, &key, &encryption_key);
	report.boot.encryption_key = encryption_key;
	if (status == CLI_DONE)
		report.err = judge(&report, ota_buf_span(&file), key);
	/* Nothing secret stays in memory while a slow output blocks. */
	ota_key_free(encryption_key);
	ota_key_free(key);
	report.boot.encryption_key = NULL;
	if (status == CLI_DONE)
		status = print_report(&report, cli_has(args, JSON));
	ota_buf_free(&file);
	return status;
}

const struct cli_command cli_cmd_verify = {
	.usage = "verify IMAGE [-k KEY] [--target T] [options]",
	.examples = examples,
	.about = "Answers for one bootloader build: that of --target, else the default: SHA-256\n"
		 "(SHA-384 for a P-384 key), TLV allow list on (Zephyr's default), no encryption,\n"
		 "no rollback protection, ECDSA by tinycrypt, no slot limit. What this build\n"
		 "refuses is refused, and some of what it takes and no one should release. Those\n"
		 "rules, which --lax waives, are header-size, trailing-bytes, short-key-hash,\n"
		 "signature-der, tlv-size, tlv-overlap, other-hash, public-key, stray-image-key,\n"
		 "image-key-size, counter-unprotected, counter-twice, no-digest.\n\n"
		 "An image with a SIG_PURE TLV is judged as by a build for pure signatures, an\n"
		 "encrypted one as in the secondary slot, a delta update as one that is not\n"
		 "booted. The answer names the rule, where in the file, and what the bootloader\n"
		 "would do. Exit code 1 for every file a device would refuse, damaged and foreign\n"
		 "ones too.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 1,
	.positionals = "an image",
	.run = run,
};
