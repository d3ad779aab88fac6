// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include <ota/firmware.h>

#include "image_text.h"
#include "io.h"
#include "key_arg.h"
#include "patch_account.h"
#include "patch_text.h"

enum { OLD, JSON, PASSPHRASE_OPTION_IDS };

static const struct cli_option options[] = {
	[OLD] = {.name = "old",
		 .value = "OLD",
		 .help = "the image that an otd patch is for: tells what the patch's bytes are "
			 "spent on"},
	[JSON] = {.name = "json", .help = "print a JSON object"},
	PASSPHRASE_OPTION_ROWS,
};

static const struct cli_example examples[] = {
	{"otatool inspect app.img", "header, TLVs, padding and trailer of an image"},
	{"otatool inspect zephyr.elf", "where firmware lies: Intel HEX and ELF"},
	{"otatool inspect update.img", "what a delta update is for, and what is in it"},
	{"otatool inspect update.patch", "where a patch's bytes go, and what its decoder needs"},
	{"otatool inspect update.otd --old old.bin",
	 "what they are spent on, and for which parts of the new image"},
	{"otatool inspect key.pem", "kind and id of a key"},
	{NULL, NULL},
};

static const char *digest_word(const struct ota_image_verdict *verdict, enum ota_err err)
{
	return verdict->digest_good ? "good" : err == OTA_E_DIGEST ? "WRONG" : "not checked";
}

/* -- images ----------------------------------------------------------------------------------- */

static const char *const kind_words[] = {
	[OTA_FIRMWARE_BIN] = "binary",
	[OTA_FIRMWARE_HEX] = "Intel HEX",
	[OTA_FIRMWARE_ELF] = "ELF",
};

static const char *const kind_names[] = {
	[OTA_FIRMWARE_BIN] = "bin",
	[OTA_FIRMWARE_HEX] = "hex",
	[OTA_FIRMWARE_ELF] = "elf",
};

static void print_place(const struct ota_firmware *firmware)
{
	printf("  base       0x%08" PRIx32 "\n", firmware->base);
	if (firmware->has_entry)
		printf("  entry      0x%08" PRIx32 "\n", firmware->entry);
}

static void json_place(json_t *object, const struct ota_firmware *firmware,
		       enum ota_firmware_kind kind)
{
	cli_json_text(object, "format", kind_names[kind]);
	if (!firmware->has_base)
		return;
	cli_json_uint(object, "base", firmware->base);
	if (firmware->has_entry)
		cli_json_uint(object, "entry", firmware->entry);
}

/* `firmware` holds the image, as a file of that kind gave it. */
static enum cli_exit inspect_image(const char *path, const struct ota_firmware *firmware,
				   enum ota_firmware_kind kind, bool json)
{
	struct ota_span file = ota_buf_span(&firmware->bytes);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_diag verdict_diag = {.err = OTA_OK};
	struct ota_boot any = ota_boot_any();
	struct ota_image_verdict verdict;
	struct ota_image image;
	enum ota_err err;

	if (ota_image_open(file, &image, &diag) != OTA_OK)
		return cli_fail(path, &diag);
	err = ota_image_verify(&image, NULL, &any, &verdict, &verdict_diag);
	if (json) {
		json_t *object = cli_json("inspect");

		cli_json_text(object, "file", path);
		cli_json_text(object, "kind", "mcuboot-image");
		json_place(object, firmware, kind);
		json_image(object, &image);
		cli_json_text(object, "digest", digest_word(&verdict, err));
		if (err != OTA_OK) {
			cli_json_text(object, "verify_error", ota_err_name(err));
			cli_json_text(object, "verify_reason", verdict_diag.text);
		}
		return cli_json_print(object);
	}
	if (firmware->has_base) {
		printf("%s: MCUboot image in %s\n", path, kind_words[kind]);
		print_place(firmware);
	} else {
		printf("%s: MCUboot image\n", path);
	}
	print_image(&image);
	printf("  digest     %s\n", digest_word(&verdict, err));
	if (err != OTA_OK)
		printf("  verify     %s: %s\n", err == OTA_E_UNSUPPORTED ? "not judged" : "no",
		       verdict_diag.text);
	return CLI_DONE;
}

/* -- patches ---------------------------------------------------------------------------------- */

static enum cli_exit inspect_patch(const struct cli_args *args, struct ota_span file)
{
	const char *path = args->positional[0];
	const char *old_path = cli_value(args, OLD);
	struct patch_file patch = {.patch = file}; /* borrows, and is not freed */
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_account account;
	struct ota_delta_info info;
	enum cli_exit status = CLI_DONE;
	char bytes[32];
	json_t *object;

	if (ota_delta_describe(file, &info, &diag) != OTA_OK) {
		if (!ota_delta_probe(file))
			ota_hint(&diag, "inspect knows MCUboot images, delta updates, patches, "
					"firmware in Intel "
					"HEX and ELF, and keys");
		return cli_fail(path, &diag);
	}
	if (old_path)
		status = read_account(path, &patch, old_path, &account);
	if (status != CLI_DONE)
		return status;
	if (!cli_has(args, JSON)) {
		printf("%s: %s patch, %s bytes\n", path, info.format,
		       ota_number_grouped(info.patch_size, bytes));
		print_patch(&info);
		if (old_path)
			print_account(&account, &info);
		return CLI_DONE;
	}
	object = cli_json("inspect");
	cli_json_text(object, "file", path);
	cli_json_text(object, "kind", "patch");
	json_patch(object, &info);
	if (old_path)
		json_account(object, &account, &info);
	return cli_json_print(object);
}

/* -- delta updates ----------------------------------------------------------------------------- */

/* `account` is NULL when it was not asked for. */
static enum cli_exit report_update(const struct cli_args *args,
				   const struct ota_delta_update *update,
				   const struct ota_delta_info *info,
				   const struct ota_delta_account *account)
{
	const char *path = args->positional[0];
	struct ota_boot any = ota_boot_any();
	struct ota_image_verdict verdict;
	struct ota_diag diag = {.err = OTA_OK};
	enum ota_err err = ota_image_verify(&update->image, NULL, &any, &verdict, &diag);
	char bytes[32];
	json_t *object;
	json_t *patch;

	if (!cli_has(args, JSON)) {
		printf("%s: delta update, %s bytes\n", path,
		       ota_number_grouped(update->image.bytes.len, bytes));
		print_update(update);
		printf("  digest     %s\n", digest_word(&verdict, err));
		print_patch(info);
		if (account)
			print_account(account, info);
		return CLI_DONE;
	}
	object = cli_json("inspect");
	cli_json_text(object, "file", path);
	cli_json_text(object, "kind", "delta-update");
	json_image(object, &update->image);
	json_update(object, update);
	/* Both a header area and a patch's header have "header_bytes". */
	patch = json_object();
	json_patch(patch, info);
	if (account)
		json_account(patch, account, info);
	cli_json_add(object, "patch", patch);
	cli_json_text(object, "digest", digest_word(&verdict, err));
	return cli_json_print(object);
}

/* Of an image that only looks like one, nothing is said but that it is an image. */
static enum cli_exit inspect_update(const struct cli_args *args,
				    const struct ota_firmware *firmware,
				    enum ota_firmware_kind kind)
{
	const char *path = args->positional[0];
	const char *old_path = cli_value(args, OLD);
	struct patch_file patch = {.is_update = true}; /* borrows, and is not freed */
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_delta_account account;
	struct ota_delta_info info;
	enum cli_exit status = CLI_DONE;
	enum ota_err err =
		ota_delta_update_open(ota_buf_span(&firmware->bytes), &patch.update, &diag);

	if (err == OTA_E_ABSENT)
		return inspect_image(path, firmware, kind, cli_has(args, JSON));
	patch.patch = patch.update.patch;
	if (err == OTA_OK)
		err = ota_delta_describe(patch.patch, &info, &diag);
	if (err == OTA_OK && old_path)
		status = read_account(path, &patch, old_path, &account);
	if (status != CLI_DONE)
		return status;
	if (err == OTA_OK)
		return report_update(args, &patch.update, &info, old_path ? &account : NULL);
	ota_hint(&diag, "it claims to be a delta update; verify judges it as an image");
	return cli_fail(path, &diag);
}

/* -- firmware with addresses ------------------------------------------------------------------ */

/* HEX by its name or its first character; a binary is what nothing else is. */
static enum ota_firmware_kind find_kind(const char *path, struct ota_span file)
{
	enum ota_firmware_kind kind = ota_firmware_kind_of(path, file);

	return kind == OTA_FIRMWARE_BIN && file.data[0] == ':' ? OTA_FIRMWARE_HEX : kind;
}

static enum cli_exit inspect_plain(const char *path, const struct ota_firmware *firmware,
				   enum ota_firmware_kind kind, bool json)
{
	char bytes[32];
	json_t *object;

	if (!json) {
		printf("%s: firmware in %s, %s bytes\n", path, kind_words[kind],
		       ota_number_grouped(firmware->bytes.len, bytes));
		print_place(firmware);
		return CLI_DONE;
	}
	object = cli_json("inspect");
	cli_json_text(object, "file", path);
	cli_json_text(object, "kind", "firmware");
	json_place(object, firmware, kind);
	cli_json_uint(object, "bytes", firmware->bytes.len);
	return cli_json_print(object);
}

static enum cli_exit inspect_firmware(const struct cli_args *args, struct ota_span file,
				      enum ota_firmware_kind kind)
{
	const char *path = args->positional[0];
	bool json = cli_has(args, JSON);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_firmware firmware;
	enum cli_exit status;

	if (ota_firmware_read(file, kind, CLI_APPLY_MAX, &firmware, &diag) != OTA_OK) {
		ota_firmware_free(&firmware);
		return cli_fail(path, &diag);
	}
	if (firmware.cut_off)
		cli_warning(path, "has no end record: it may be cut off");
	if (ota_delta_update_probe(ota_buf_span(&firmware.bytes)))
		status = inspect_update(args, &firmware, kind);
	else if (ota_image_probe(ota_buf_span(&firmware.bytes)))
		status = inspect_image(path, &firmware, kind, json);
	else
		status = inspect_plain(path, &firmware, kind, json);
	ota_firmware_free(&firmware);
	return status;
}

/* -- keys ------------------------------------------------------------------------------------- */

/* What can be said of a key that no passphrase was given for: nobody is asked for one. */
static enum cli_exit report_encrypted(const char *path, bool json)
{
	json_t *object;

	if (!json) {
		printf("%s: encrypted private key\n", path);
		return CLI_DONE;
	}
	object = cli_json("inspect");
	cli_json_text(object, "file", path);
	cli_json_text(object, "kind", "key");
	cli_json_bool(object, "private", true);
	cli_json_bool(object, "encrypted", true);
	return cli_json_print(object);
}

static enum cli_exit json_key(const char *path, const struct ota_key *key,
			      const struct ota_digest *id, bool encrypted)
{
	const char *development = ota_key_development_name(ota_digest_span(id));
	json_t *object = cli_json("inspect");

	cli_json_text(object, "file", path);
	cli_json_text(object, "kind", "key");
	cli_json_text(object, "key_type", ota_key_name(key));
	cli_json_bool(object, "private", ota_key_is_private(key));
	cli_json_bool(object, "encrypted", encrypted);
	if (id->len > 0)
		cli_json_hex(object, "key_id", ota_digest_span(id));
	if (development)
		cli_json_text(object, "development_key", development);
	return cli_json_print(object);
}

static void print_key(const char *path, const struct ota_key *key, const struct ota_digest *id,
		      bool encrypted)
{
	const char *development = ota_key_development_name(ota_digest_span(id));

	printf("%s: %s%s %s key\n", path, encrypted ? "encrypted " : "",
	       ota_key_is_private(key) ? "private" : "public", ota_key_name(key));
	if (id->len > 0) {
		printf("  key id     ");
		cli_print_hex(ota_digest_span(id));
		printf("\n");
	}
	if (development)
		printf("  warning    MCUboot's development key %s, whose private part is public\n",
		       development);
}

/* A key-encryption key has no public part, and so no id: it stays empty. */
static enum ota_err read_key(struct ota_span file, struct ota_span passphrase, struct ota_key **key,
			     struct ota_digest *id, struct ota_diag *diag)
{
	enum ota_err err = ota_key_read(file, passphrase, key, diag);

	id->len = 0;
	if (err == OTA_OK && !ota_key_is_kek(*key))
		err = ota_key_id(*key, OTA_HASH_SHA256, id, diag);
	return err;
}

static enum cli_exit inspect_key(const struct cli_args *args, struct ota_span file)
{
	const char *path = args->positional[0];
	bool json = cli_has(args, JSON);
	bool encrypted = ota_key_is_encrypted(file);
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_key *key = NULL;
	struct ota_buf passphrase;
	struct ota_digest id;
	enum cli_exit status;

	status = cli_given_passphrase(args, &passphrase);
	if (status != CLI_DONE)
		goto out;
	if (encrypted && passphrase.len == 0)
		status = report_encrypted(path, json);
	else if (read_key(file, ota_buf_span(&passphrase), &key, &id, &diag) != OTA_OK)
		status = cli_fail_key(path, &diag, CLI_BAD_INPUT);
	else if (json)
		status = json_key(path, key, &id, encrypted);
	else
		print_key(path, key, &id, encrypted);
out:
	ota_key_free(key);
	ota_buf_wipe(&passphrase);
	return status;
}

/* Told by the content where that is possible, then by the name. */
static enum cli_exit inspect(const struct cli_args *args, const struct ota_buf *file)
{
	const char *path = args->positional[0];
	bool json = cli_has(args, JSON);
	struct ota_span span = ota_buf_span(file);
	/* Borrows, and is not freed. */
	struct ota_firmware bare = {.bytes = *file};
	enum ota_firmware_kind kind;

	if (span.len == 0)
		return cli_error(CLI_BAD_INPUT, path, "file is empty");
	if (ota_delta_update_probe(span))
		return inspect_update(args, &bare, OTA_FIRMWARE_BIN);
	if (cli_has(args, OLD) && !ota_delta_probe(span))
		return cli_error(CLI_USAGE, "--old", "is about patches, and %s is none", path);
	if (ota_image_probe(span))
		return inspect_image(path, &bare, OTA_FIRMWARE_BIN, json);
	if (ota_key_probe(span))
		return inspect_key(args, span);
	kind = find_kind(path, span);
	if (kind != OTA_FIRMWARE_BIN && !ota_delta_probe(span))
		return inspect_firmware(args, span, kind);
	return inspect_patch(args, span);
}

static enum cli_exit run(const struct cli_args *args)
{
	const char *const paths[] = {args->positional[0], cli_value(args, OLD)};
	struct ota_buf file;
	enum cli_exit status = cli_check_key_stdin(args, paths, 2);

	if (status != CLI_DONE)
		return status;
	/* It may be a private key. */
	ota_keys_guard_process();
	status = cli_read(paths[0], &file);
	if (status == CLI_DONE)
		status = inspect(args, &file);
	ota_buf_wipe(&file);
	return status;
}

const struct cli_command cli_cmd_inspect = {
	.usage = "inspect FILE [--old OLD] [--passphrase-file FILE | --passphrase-fd N] [--json]",
	.examples = examples,
	.about =
		"A wrong digest is shown, but only verify makes it a failure. An encrypted key is "
		"opened\n"
		"only with a passphrase that an option gives. Intel HEX and ELF files are told by\n"
		"name or content; an MCUboot image in one is inspected as such.\n\n"
		"An otd patch can be read only together with the old image: with --old its bytes "
		"are\n"
		"counted by what they are spent on, and by the part of the new image they make.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 1,
	.positionals = "a file",
	.run = run,
};
