// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include <ota/firmware.h>

#include "depfile.h"
#include "file_args.h"
#include "io.h"
#include "sign_values.h"
#include "signer_arg.h"
#include "target_arg.h"

#define IMAGE_MAX UINT32_MAX

enum {
	OUTPUT,
	VERSION,
	HEADER_SIZE,
	PAD_HEADER,
	SLOT_SIZE,
	TARGET,
	ALIGN,
	MAX_ALIGN,
	MAX_SECTORS,
	PAD,
	CONFIRM,
	TEST,
	OVERWRITE_ONLY,
	ERASED_VAL,
	ENDIAN,
	LOAD_ADDR,
	ROM_FIXED,
	HEX_ADDR,
	NON_BOOTABLE,
	SECURITY_COUNTER,
	DEPENDENCIES,
	BOOT_RECORD,
	VID,
	CID,
	CUSTOM_TLV,
	CUSTOM_TLV_FILE,
	SHA,
	PURE,
	VECTOR_TO_SIGN,
	SIGNER_OPTION_IDS,
	ENCRYPT,
	ENCRYPT_KEYLEN,
	CLEAR,
	SAVE_ENCTLV,
	HMAC_SHA,
	COMPRESSION,
	DEPFILE,
};

/* Letters and spellings are imgtool's. */
static const struct cli_option options[] = {
	[OUTPUT] = {.name = "output",
		    .letter = 'o',
		    .value = "OUT",
		    .help = "image to write; a name in .hex makes it Intel HEX"},
	[VERSION] = {.name = "version",
		     .letter = 'v',
		     .value = "VERSION",
		     .help = "1.2.3+4, later parts may be left out"},
	[HEADER_SIZE] = {.name = "header-size",
			 .letter = 'H',
			 .value = "N",
			 .help = "bytes of the header area, 32 to 65535 (Zephyr: 0x200)"},
	[PAD_HEADER] =
		{.name = "pad-header",
		 .help = "put the header area before the input; else it starts with that many "
			 "zeros"},
	[SLOT_SIZE] = {.name = "slot-size",
		       .letter = 'S',
		       .value = "N",
		       .help = "refuse an image that does not fit; 0: do not check"},
	[TARGET] = {.name = "target",
		    .value = "T",
		    .help = "sizes, alignment and the largest image from a device profile"},
	[ALIGN] = {.name = "align",
		   .value = "N",
		   .help = "flash write alignment: 1 (default), 2, 4, 8, 16 or 32"},
	[MAX_ALIGN] =
		{.name = "max-align",
		 .value = "N",
		 .help = "the bootloader's BOOT_MAX_ALIGN: 8, 16 or 32 (default: 8 or --align)"},
	[MAX_SECTORS] = {.name = "max-sectors",
			 .letter = 'M',
			 .value = "N",
			 .help = "the bootloader's BOOT_MAX_IMG_SECTORS (default 128)"},
	[PAD] = {.name = "pad", .help = "fill the slot: the image is tried once, then reverted"},
	[CONFIRM] = {.name = "confirm", .help = "fill the slot: the image is kept"},
	[TEST] = {.name = "test",
		  .help = "as --pad; in Intel HEX the confirmation flag is written as unset"},
	[OVERWRITE_ONLY] = {.name = "overwrite-only", .help = "the bootloader has no swap status"},
	[ERASED_VAL] = {.name = "erased-val",
			.letter = 'R',
			.value = "0|0xff",
			.help = "value of erased flash (default 0xff)"},
	[ENDIAN] = {.name = "endian",
		    .letter = 'e',
		    .value = "little|big",
		    .help = "byte order of the device (default little)"},
	[LOAD_ADDR] = {.name = "load-addr",
		       .letter = 'L',
		       .value = "ADDR",
		       .help = "RAM address to run from"},
	[ROM_FIXED] = {.name = "rom-fixed",
		       .letter = 'F',
		       .value = "ADDR",
		       .help = "flash address the image must be at"},
	[HEX_ADDR] = {.name = "hex-addr",
		      .letter = 'x',
		      .value = "ADDR",
		      .help = "address of the Intel HEX output, when the input has none"},
	[NON_BOOTABLE] = {.name = "non-bootable", .help = "never booted: data for the product"},
	[SECURITY_COUNTER] = {.name = "security-counter",
			      .letter = 's',
			      .value = "N|auto",
			      .help = "counter against downgrades; auto: from the version"},
	[DEPENDENCIES] = {.name = "dependencies",
			  .letter = 'd',
			  .value = "LIST",
			  .help = "other images this one needs: \"(1, 1.2.3+4)(2, 0.9)\""},
	[BOOT_RECORD] = {.name = "boot-record",
			 .value = "TYPE",
			 .help = "record for attestation; TYPE is at most 12 characters"},
	[VID] = {.name = "vid", .value = "ID", .help = "vendor: a UUID, or a domain name"},
	[CID] = {.name = "cid",
		 .value = "ID",
		 .help = "class of devices: a UUID, or a name the vendor gives"},
	[CUSTOM_TLV] = {.name = "custom-tlv",
			.value = "TAG VALUE",
			.help = "protected TLV of your own: 0xHEX bytes or text",
			.two_values = true},
	[CUSTOM_TLV_FILE] = {.name = "custom-tlv-file",
			     .value = "TAG FILE",
			     .help = "the same with a file's bytes",
			     .two_values = true},
	[SHA] = {.name = "sha",
		 .value = "auto|256|384|512",
		 .help = "hash of the image (default: the key's)"},
	[PURE] = {.name = "pure", .help = "Ed25519 over the image, not its digest"},
	[VECTOR_TO_SIGN] = {.name = "vector-to-sign",
			    .value = "payload|digest",
			    .help = "write what is to be signed elsewhere instead of an image"},
	SIGNER_OPTION_ROWS,
	[ENCRYPT] = {.name = "encrypt",
		     .letter = 'E',
		     .value = "KEY",
		     .help = "encrypt for this device key: public P-256, X25519 or RSA-2048, or an "
			     "AES-KW key"},
	[ENCRYPT_KEYLEN] = {.name = "encrypt-keylen",
			    .value = "128|256",
			    .help = "bits of the image's AES key (default 128)"},
	[CLEAR] = {.name = "clear",
		   .letter = 'c',
		   .help = "encryption flag and key, but the payload in clear: for the primary "
			   "slot"},
	[SAVE_ENCTLV] = {.name = "save-enctlv",
			 .help = "the bootloader saves the encrypted key in the trailer "
				 "(BOOT_SWAP_SAVE_ENCTLV)"},
	[HMAC_SHA] = {.name = "hmac-sha",
		      .value = "auto|256|512",
		      .help = "hash of the key exchange; 512 with X25519 only"},
	[COMPRESSION] = {.name = "compression",
			 .value = "KIND",
			 .help = "disabled, lzma2, or lzma2armthumb for Thumb code"},
	[DEPFILE] = {.name = "depfile",
		     .value = "FILE",
		     .help = "write the files it was made from, as make and CMake read them"},
};

static const struct cli_example examples[] = {
	{"otatool sign app.bin -o app.img -k key.pem --version 1.2.3 --header-size 0x200 "
	 "--pad-header --slot-size 448K",
	 "an image for MCUboot, refused when it does not fit its slot"},
	{"otatool sign app.elf -o app.img -k key.pem --version 1.2.3 --pad-header --target "
	 "water-meter-l476",
	 "sizes and limits, to the byte, from a board's profile"},
	{"otatool sign zephyr.bin zephyr.signed.bin -k key.pem -v 1.2.3+4 -H 0x200 -S 0x70000 "
	 "--align 8",
	 "an imgtool line works as it is; Zephyr's binary brings its blank header"},
	{"otatool sign app.bin -o factory.bin -k key.pem -v 1.0.0 -H 32 --pad-header -S 448K "
	 "--confirm",
	 "a whole slot for the factory: confirmed, never reverted"},
	{"otatool sign app.bin -o app.img -k pub.pem -v 1.2.3 -H 32 --pad-header --sign-with "
	 "'openssl pkeyutl -sign -inkey key.pem -in {digest} -out {sig}'",
	 "signed by another program; its signature is verified"},
	{"otatool sign app.bin -o app.img -k key.pem -E device-pub.pem -v 1.2.3 -H 32 "
	 "--pad-header",
	 "encrypted for the devices that have the private key"},
	{NULL, NULL},
};

/* The files and the plan of one run. */
struct job {
	const struct cli_args *args;
	bool imgtool;
	const char *input;
	const char *output;
	bool to_hex;
	uint32_t base; /* address of the header, when to_hex */
	struct ota_image_plan plan;
	struct sign_values values;
	struct ota_firmware firmware;
	struct cli_signers *signers;
	struct ota_key *encryption_key;
	struct ota_image_made made;
};

/* -- what does not need any file --------------------------------------------------------------- */

static enum cli_exit read_u32(const struct job *job, unsigned option, uint32_t *field)
{
	uint64_t value = *field;
	enum cli_exit status = cli_size(job->args, option, UINT32_MAX, &value);

	*field = (uint32_t)value;
	return status;
}

/* A choice among numbers, as imgtool's: the exact words. */
static enum cli_exit read_align(const struct job *job, unsigned option, const char *const *words,
				uint32_t smallest, uint32_t *field)
{
	unsigned index = 0;
	enum cli_exit status = cli_choice(job->args, option, words, &index);

	if (cli_has(job->args, option))
		*field = smallest << index;
	return status;
}

static enum cli_exit need(const struct job *job, unsigned option, const char *word)
{
	if (cli_has(job->args, option))
		return CLI_DONE;
	return cli_error(CLI_USAGE, "sign", "needs %s", word);
}

static enum cli_exit find_output(struct job *job)
{
	const struct cli_args *args = job->args;

	job->input = args->positional[0];
	job->output = cli_value(args, OUTPUT);
	if (args->n_positionals == 2 && job->output)
		return cli_error(CLI_USAGE, "sign", "two outputs: \"%s\" and --output \"%s\"",
				 args->positional[1], job->output);
	if (args->n_positionals == 2)
		job->output = args->positional[1];
	if (!job->output)
		return cli_error(CLI_USAGE, "sign",
				 job->imgtool ? "needs OUTFILE" : "needs --output OUT");
	job->to_hex = ota_firmware_is_hex_name(job->output);
	return CLI_DONE;
}

static enum cli_exit check_needed(const struct job *job)
{
	enum cli_exit status = need(job, VERSION, "--version VERSION");

	if (status == CLI_DONE && job->imgtool && !cli_has(job->args, TARGET))
		status = need(job, SLOT_SIZE, "--slot-size N");
	if (status != CLI_DONE || cli_has(job->args, HEADER_SIZE) || cli_has(job->args, TARGET))
		return status;
	(void)need(job, HEADER_SIZE, "--header-size N");
	cli_hint("it is the bootloader's: often 32, in Zephyr 0x200");
	return CLI_USAGE;
}

static enum cli_exit check_outputs(const struct job *job)
{
	const struct cli_args *args = job->args;
	const char *const outputs[] = {job->output, cli_value(args, SIG_OUT),
				       cli_value(args, DEPFILE)};

	if (cli_has(args, DEPFILE) && cli_is_stdout(job->output))
		return cli_error(CLI_USAGE, "--depfile", "needs an output that is a file");
	return cli_check_outputs(args, job->input, outputs, sizeof(outputs) / sizeof(outputs[0]));
}

/* What says how to encrypt means that it is to be encrypted. imgtool ignores it. */
static enum cli_exit check_encryption(const struct job *job)
{
	static const unsigned hows[] = {CLEAR, ENCRYPT_KEYLEN, SAVE_ENCTLV, HMAC_SHA};

	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		if (cli_has(job->args, hows[i]) && !cli_has(job->args, ENCRYPT) && !job->imgtool)
			return cli_error(CLI_USAGE, "sign",
					 "--%s says how to encrypt, and without --encrypt KEY "
					 "nothing is encrypted",
					 options[hows[i]].name);
	}
	return CLI_DONE;
}

static enum cli_exit check_inputs(const struct job *job)
{
	const struct cli_args *args = job->args;
	const char *inputs[8] = {job->input, cli_value(args, ENCRYPT), cli_value(args, FIX_SIG),
				 cli_value(args, FIX_SIG_PUBKEY), NULL};
	size_t n = 4;

	for (unsigned i = 0; i < args->n_given && n < 8; i++) {
		const struct cli_given *given = &args->given[i];

		if (given->option == KEY && cli_is_stdin(given->value[0]))
			inputs[n++] = given->value[0];
		if (given->option == CUSTOM_TLV_FILE && cli_is_stdin(given->value[1]))
			inputs[n++] = given->value[1];
	}
	return cli_check_key_stdin(args, inputs, n);
}

static enum cli_exit check_options(struct job *job)
{
	const struct cli_args *args = job->args;
	enum cli_exit status = find_output(job);

	if (status == CLI_DONE)
		status = check_needed(job);
	if (status == CLI_DONE && !(job->imgtool && cli_has(args, VECTOR_TO_SIGN)))
		status = cli_check_signers(args);
	if (status == CLI_DONE && cli_has(args, SIG_OUT) && !cli_has(args, KEY) &&
	    !cli_has(args, FIX_SIG) && !cli_has(args, SIGN_WITH))
		status = cli_error(CLI_USAGE, "--sig-out",
				   "without a key there is no signature to write");
	if (status == CLI_DONE && cli_has(args, SIG_OUT) && cli_has(args, VECTOR_TO_SIGN))
		status = cli_error(CLI_USAGE, "--sig-out",
				   "with --vector-to-sign nothing is signed here");
	if (status == CLI_DONE)
		status = check_encryption(job);
	if (status == CLI_DONE && cli_has(args, FIX_SIG) && cli_has(args, COMPRESSION) &&
	    strcmp(cli_value(args, COMPRESSION), "disabled") != 0)
		status = cli_error(CLI_USAGE, "--fix-sig",
				   "is one signature, a compressed image holds two; --sign-with "
				   "makes both");
	if (status == CLI_DONE)
		status = check_outputs(job);
	return status == CLI_DONE ? check_inputs(job) : status;
}

/* -- the plan ---------------------------------------------------------------------------------- */

/* What a profile says; explicit options win. */
static enum cli_exit plan_target(struct job *job)
{
	const char *name = cli_value(job->args, TARGET);
	struct ota_image_plan *plan = &job->plan;
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_flash_limits limits;
	struct ota_target target;
	enum ota_mode mode;
	enum cli_exit status;

	if (!name)
		return CLI_DONE;
	status = cli_read_target(name, &target);
	if (status != CLI_DONE)
		return status;
	if (!target.has_mcuboot) {
		(void)cli_error(CLI_USAGE, name, "profile has no mcuboot section");
		cli_hint("make a board profile with base: %s", name);
		return CLI_USAGE;
	}
	if (cli_has(job->args, ENCRYPT) && target.layout.enc_key == 0)
		return cli_error(CLI_NO, name,
				 "its bootloader takes no encrypted images (encryption: none)");
	if (ota_flash_limits(&target.layout, &limits, &diag) != OTA_OK)
		return cli_fail(name, &diag);
	if (!limits.compatible)
		return cli_error(CLI_NO, name, "no image can be an update: %s", limits.reason);
	mode = target.layout.mode;
	plan->header_size = target.header_size;
	plan->slot_size = target.secondary.len ? target.secondary.len : target.primary.len;
	plan->max_image = limits.max_image;
	plan->align = target.layout.write_size;
	plan->max_align = target.layout.max_align;
	plan->has_max_sectors = true;
	plan->max_sectors = target.layout.max_sectors;
	plan->overwrite_only = mode == OTA_MODE_OVERWRITE_ONLY || mode == OTA_MODE_OVERWRITE_FAST;
	plan->erased_is_zero = target.flash.erased == 0;
	plan->hash = target.boot_hash;
	return CLI_DONE;
}

static enum cli_exit plan_sizes(struct job *job)
{
	static const char *const aligns[] = {"1", "2", "4", "8", "16", "32", NULL};
	static const char *const max_aligns[] = {"8", "16", "32", NULL};
	struct ota_image_plan *plan = &job->plan;
	enum cli_exit status = read_u32(job, HEADER_SIZE, &plan->header_size);

	if (status == CLI_DONE && plan->header_size < OTA_IMAGE_HEADER_SIZE)
		return cli_error(CLI_USAGE, "--header-size",
				 "%" PRIu32 " is less than the header's %u bytes",
				 plan->header_size, OTA_IMAGE_HEADER_SIZE);
	if (status == CLI_DONE)
		status = cli_size(job->args, SLOT_SIZE, UINT32_MAX, &plan->slot_size);
	if (status == CLI_DONE)
		status = read_align(job, ALIGN, aligns, 1, &plan->align);
	if (status == CLI_DONE)
		status = read_align(job, MAX_ALIGN, max_aligns, OTA_TRAILER_ALIGN_MIN,
				    &plan->max_align);
	plan->has_max_sectors |= cli_has(job->args, MAX_SECTORS);
	if (status == CLI_DONE)
		status = read_u32(job, MAX_SECTORS, &plan->max_sectors);
	if (cli_has(job->args, SLOT_SIZE))
		plan->max_image = 0;
	return status;
}

/* What the header's flags and the padding say. */
static enum cli_exit plan_flags(struct job *job)
{
	static const char *const erased[] = {"0", "0xff", NULL};
	static const char *const endians[] = {"little", "big", NULL};
	const struct cli_args *args = job->args;
	struct ota_image_plan *plan = &job->plan;
	unsigned erased_index = plan->erased_is_zero ? 0 : 1;
	unsigned endian = 0;
	enum cli_exit status = cli_choice(args, ERASED_VAL, erased, &erased_index);

	if (status == CLI_DONE)
		status = cli_choice(args, ENDIAN, endians, &endian);
	plan->erased_is_zero = erased_index == 0;
	plan->big_endian = endian == 1;
	plan->pad_header = cli_has(args, PAD_HEADER);
	plan->overwrite_only |= cli_has(args, OVERWRITE_ONLY);
	plan->non_bootable = cli_has(args, NON_BOOTABLE);
	if (cli_has(args, PAD))
		plan->pad = OTA_IMAGE_PAD_PENDING;
	if (cli_has(args, TEST))
		plan->pad = OTA_IMAGE_PAD_TEST;
	if (cli_has(args, CONFIRM))
		plan->pad = OTA_IMAGE_PAD_CONFIRMED;
	if (status == CLI_DONE)
		status = read_u32(job, LOAD_ADDR, &plan->load_addr);
	return status == CLI_DONE ? read_u32(job, ROM_FIXED, &plan->rom_fixed) : status;
}

static enum cli_exit plan_security_counter(struct job *job)
{
	const char *text = cli_value(job->args, SECURITY_COUNTER);
	uint64_t counter = 0;
	enum cli_exit status = CLI_DONE;

	if (!text)
		return CLI_DONE;
	job->plan.has_security_counter = true;
	if (strcasecmp(text, "auto") == 0)
		counter = sign_auto_counter(&job->plan.version);
	else
		status = cli_number(job->args, SECURITY_COUNTER, UINT32_MAX, &counter);
	job->plan.security_counter = (uint32_t)counter;
	return status;
}

static enum cli_exit plan_tlvs(struct job *job)
{
	const struct cli_args *args = job->args;
	const char *dependencies = cli_value(args, DEPENDENCIES);
	enum cli_exit status = plan_security_counter(job);

	job->plan.boot_record = cli_value(args, BOOT_RECORD);
	if (status == CLI_DONE && dependencies)
		status = sign_dependencies(dependencies, job->imgtool, &job->values, &job->plan);
	if (status == CLI_DONE)
		status = sign_uuids(cli_value(args, VID), cli_value(args, CID), &job->values,
				    &job->plan);
	if (status == CLI_DONE)
		status = sign_custom_tlvs(args, CUSTOM_TLV, CUSTOM_TLV_FILE, &job->values,
					  &job->plan);
	return status;
}

/* How it is hashed, signed, encrypted and compressed; not by which keys. */
static enum cli_exit plan_crypto(struct job *job)
{
	static const char *const shas[] = {"auto", "256", "384", "512", NULL};
	static const enum ota_hash hashes[] = {0, OTA_HASH_SHA256, OTA_HASH_SHA384,
					       OTA_HASH_SHA512};
	static const char *const macs[] = {"auto", "256", "512", NULL};
	static const char *const lengths[] = {"128", "256", NULL};
	static const char *const formats[] = {"hash", "full", NULL};
	static const char *const compressions[] = {"disabled", "lzma2", "lzma2armthumb", NULL};
	const struct cli_args *args = job->args;
	struct ota_image_plan *plan = &job->plan;
	unsigned sha = 0;
	unsigned mac = 0;
	unsigned length = 0;
	unsigned format = 0;
	unsigned compression = 0;
	enum cli_exit status = cli_choice(args, SHA, shas, &sha);

	if (status == CLI_DONE)
		status = cli_choice(args, HMAC_SHA, macs, &mac);
	if (status == CLI_DONE)
		status = cli_choice(args, ENCRYPT_KEYLEN, lengths, &length);
	if (status == CLI_DONE)
		status = cli_choice(args, PUBLIC_KEY_FORMAT, formats, &format);
	if (status == CLI_DONE)
		status = cli_choice(args, COMPRESSION, compressions, &compression);
	if (sha > 0)
		plan->hash = hashes[sha];
	plan->pure = cli_has(args, PURE);
	if (status == CLI_DONE && plan->pure && sha > 0)
		return cli_error(CLI_USAGE, "--sha",
				 "a pure signature brings its own hash; leave it out with --pure");
	plan->full_public_key = format == 1;
	plan->pad_sig = cli_has(args, PAD_SIG);
	plan->exchange_hash = mac == 2 ? OTA_HASH_SHA512 : OTA_HASH_SHA256;
	plan->image_key_len = length == 1 ? 32 : 16;
	plan->encrypt_clear = cli_has(args, CLEAR);
	plan->save_enctlv = cli_has(args, SAVE_ENCTLV);
	plan->compression = (enum ota_compression)compression;
	if (cli_has(args, VECTOR_TO_SIGN) && plan->pad != OTA_IMAGE_PAD_NONE && job->imgtool)
		cli_warning("--vector-to-sign",
			    "is padded to the slot, as imgtool does; the padding is not to be "
			    "signed");
	else if (cli_has(args, VECTOR_TO_SIGN))
		plan->pad = OTA_IMAGE_PAD_NONE;
	return status;
}

static enum cli_exit plan_image(struct job *job)
{
	enum cli_exit status = sign_version(cli_value(job->args, VERSION), &job->plan.version);

	if (status == CLI_DONE)
		status = plan_target(job);
	if (status == CLI_DONE)
		status = plan_sizes(job);
	if (status == CLI_DONE)
		status = plan_flags(job);
	if (status == CLI_DONE)
		status = plan_crypto(job);
	return status == CLI_DONE ? plan_tlvs(job) : status;
}

/* -- the files --------------------------------------------------------------------------------- */

/* Half a firmware is signed as well as a whole one; imgtool does not look. */
static enum cli_exit judge_end(const struct job *job)
{
	static const char words[] = "has no end record: it may be cut off";

	if (job->imgtool)
		cli_warning(job->input, words);
	else
		(void)cli_error(CLI_BAD_INPUT, job->input, words);
	cli_hint("the last line of an Intel HEX file is :00000001FF");
	return job->imgtool ? CLI_DONE : CLI_BAD_INPUT;
}

static enum cli_exit read_firmware(struct job *job)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf file = {.data = NULL};
	enum ota_firmware_kind kind;
	enum cli_exit status = cli_read(job->input, &file);

	if (status != CLI_DONE)
		return status;
	kind = ota_firmware_kind_of(job->input, ota_buf_span(&file));
	/* imgtool knows no ELF; whoever has it sign one gets what imgtool would give. */
	if (job->imgtool && kind == OTA_FIRMWARE_ELF) {
		kind = OTA_FIRMWARE_BIN;
		cli_warning(job->input, "is an ELF file and taken as a binary, as imgtool does; "
					"\"otatool sign\" takes its segments");
	}
	/* A binary is taken as it is, uncopied. */
	if (kind == OTA_FIRMWARE_BIN) {
		job->firmware = (struct ota_firmware){.bytes = file};
	} else {
		if (ota_firmware_read(ota_buf_span(&file), kind, CLI_APPLY_MAX, &job->firmware,
				      &diag) != OTA_OK)
			status = cli_fail(job->input, &diag);
		ota_buf_free(&file);
	}
	if (status == CLI_DONE && job->firmware.cut_off)
		status = judge_end(job);
	if (status == CLI_DONE && ota_image_probe(ota_buf_span(&job->firmware.bytes)))
		cli_warning(job->input,
			    "is an MCUboot image already; it becomes another's payload");
	return status;
}

/* The address of the header, for Intel HEX. */
static enum cli_exit find_base(struct job *job)
{
	uint32_t *base = &job->base;
	const struct ota_firmware *firmware = &job->firmware;
	uint32_t header = job->plan.pad_header ? job->plan.header_size : 0;
	uint64_t given = 0;

	if (!job->to_hex)
		return CLI_DONE;
	if (cli_has(job->args, HEX_ADDR)) {
		enum cli_exit status = cli_number(job->args, HEX_ADDR, UINT32_MAX, &given);

		*base = (uint32_t)given;
		return status;
	}
	if (!firmware->has_base)
		return cli_error(CLI_USAGE, job->output,
				 "a binary has no address for Intel HEX; --hex-addr gives it");
	*base = firmware->base;
	/* imgtool's rule; an application at 0 leaves no other way. */
	if (header > 0 && firmware->base == 0)
		cli_warning(job->input,
			    "begins at address 0: the header goes there, the code moves up to "
			    "0x%" PRIx32,
			    header);
	else if (header > firmware->base) {
		(void)cli_error(CLI_USAGE, job->input,
				"begins at 0x%" PRIx32
				", which leaves no room for a header of 0x%" PRIx32 " before it",
				firmware->base, header);
		cli_hint("--hex-addr gives the image another address");
		return CLI_USAGE;
	} else {
		*base -= header;
	}
	return CLI_DONE;
}

/* -- the keys ---------------------------------------------------------------------------------- */

/* imgtool refuses these pairs without need; in its place we do so too. */
static enum cli_exit check_pair(const struct job *job)
{
	const char *encryption = ota_key_name(job->encryption_key);
	size_t n;
	const struct ota_signer *signer = cli_signers_list(job->signers, &n);
	const char *signing = n > 0 ? ota_key_name(signer->key) : "ed25519";
	bool is_rsa = strncmp(signing, "rsa", 3) == 0;

	if (!job->imgtool || !cli_has(job->args, KEY) || strcmp(signing, "ed25519") == 0 ||
	    (is_rsa && strncmp(encryption, "rsa", 3) == 0) || strcmp(signing, encryption) == 0)
		return CLI_DONE;
	(void)cli_error(CLI_USAGE, cli_value(job->args, ENCRYPT),
			"is a key of type %s, and imgtool encrypts for the signing key's type, "
			"%s, only",
			encryption, signing);
	cli_hint("\"otatool sign\" takes the pair");
	return CLI_USAGE;
}

static enum cli_exit read_encryption_key(struct job *job)
{
	const char *text = cli_value(job->args, ENCRYPT);
	enum cli_exit status;

	if (!text)
		return CLI_DONE;
	status = cli_read_key(job->args, text, &job->encryption_key);
	if (status != CLI_DONE)
		return status;
	job->plan.encryption_key = job->encryption_key;
	/* A key-encryption key wraps image keys of its own length only. */
	if (!cli_has(job->args, ENCRYPT_KEYLEN) && ota_key_is_kek(job->encryption_key) &&
	    ota_key_wrapped_size(job->encryption_key, 16, OTA_HASH_SHA256) == 0)
		job->plan.image_key_len = 32;
	/* imgtool ignores it for other than elliptic curve keys. */
	if (strncmp(ota_key_name(job->encryption_key), "rsa", 3) == 0 ||
	    ota_key_is_kek(job->encryption_key))
		job->plan.exchange_hash = OTA_HASH_SHA256;
	return check_pair(job);
}

static enum cli_exit read_keys(struct job *job)
{
	const struct cli_args *args = job->args;
	bool vector = cli_has(args, VECTOR_TO_SIGN);
	enum cli_exit status = CLI_DONE;

	/* imgtool looks at the public key only when there is a signature. */
	if (job->imgtool && cli_has(args, FIX_SIG_PUBKEY) && !cli_has(args, FIX_SIG) &&
	    !cli_has(args, KEY) && !cli_has(args, SIGN_WITH))
		cli_warning("--fix-sig-pubkey", "counts only with --fix-sig in imgtool: the hash "
						"is --sha's, or SHA-256");
	else
		status = cli_read_signers(args, vector && !job->imgtool, &job->signers);
	job->plan.signers = cli_signers_list(job->signers, &job->plan.n_signers);
	return status == CLI_DONE ? read_encryption_key(job) : status;
}

static void free_keys(struct job *job)
{
	cli_signers_free(job->signers);
	ota_key_free(job->encryption_key);
	job->signers = NULL;
	job->encryption_key = NULL;
	job->plan.signers = NULL;
	job->plan.n_signers = 0;
	job->plan.encryption_key = NULL;
}

/* -- the image --------------------------------------------------------------------------------- */

/* imgtool's words on standard output; on standard error when the image goes there. */
static void say_signing(const struct job *job, FILE *to)
{
	size_t n;
	const struct ota_signer *signer = cli_signers_list(job->signers, &n);
	const char *vector = cli_value(job->args, VECTOR_TO_SIGN);
	bool digest;

	digest = n > 0 && strcmp(ota_key_name(signer->key), "ed25519") == 0;
	/* A public key signs nothing; a private one only looked at is announced all the same. */
	if (n > 0 &&
	    (!cli_has(job->args, FIX_SIG) || (!digest && ota_key_is_private(signer->key))) &&
	    !(vector && cli_has(job->args, KEY)))
		fprintf(to, "image.py: sign the %s\n", digest ? "digest" : "payload");
	if (vector)
		fprintf(to, "image.py: export %s\n", vector);
}

static void say_as_imgtool(const struct job *job)
{
	FILE *to = cli_is_stdout(job->output) ? stderr : stdout;

	say_signing(job, to);
	if (job->plan.compression == OTA_COMPRESSION_NONE)
		return;
	fprintf(to, "compressed image size: %zu bytes\noriginal image size: %zu bytes\n",
		job->made.stream_len, job->made.body_len);
	if (job->made.compressed)
		say_signing(job, to);
}

/* What the library cannot know: which options would help. */
static void hint_build(const struct job *job, const struct ota_diag *diag)
{
	if (diag->err == OTA_E_NO_FIT && job->plan.max_image == 0)
		cli_hint("--align, --max-sectors and --overwrite-only decide the trailer's size");
	else if (!job->plan.pad_header &&
		 (diag->err == OTA_E_TRUNCATED ||
		  (diag->err == OTA_E_USAGE && strstr(diag->text, "zero bytes"))))
		cli_hint("--pad-header puts the header before the input");
}

static enum cli_exit fail_build(const struct job *job, const struct ota_diag *diag)
{
	enum cli_exit status =
		cli_fail_signed(job->args, diag->err == OTA_E_USAGE ? "sign" : job->input, diag);

	hint_build(job, diag);
	return status;
}

/* Where imgtool's reckoning and the bootloader's part. */
static enum cli_exit judge_room(const struct job *job)
{
	static const char words[] = "image is %zu bytes: it fits as imgtool counts, but %s";
	const char *who = job->plan.overwrite_only
				  ? "an overwrite-only bootloader needs the room for its trailer"
				  : "a bootloader that swaps needs more for two AES-256 keys";

	if (!job->made.low_on_room)
		return CLI_DONE;
	if (job->plan.overwrite_only && !job->imgtool)
		return cli_error(CLI_NO, job->input, words, job->made.len, who);
	cli_warning(job->input, words, job->made.len, who);
	return CLI_DONE;
}

static enum cli_exit build(struct job *job, struct ota_buf *image)
{
	struct ota_span body = ota_buf_span(&job->firmware.bytes);
	struct ota_diag diag = {.err = OTA_OK};
	const char *const vectors[] = {"payload", "digest", NULL};
	unsigned vector = 0;
	enum cli_exit status = cli_choice(job->args, VECTOR_TO_SIGN, vectors, &vector);
	enum ota_err err;

	if (status != CLI_DONE)
		return status;
	if (cli_has(job->args, VECTOR_TO_SIGN))
		err = ota_image_vector(&job->plan, body, vector == 1, image, &job->made, &diag);
	else
		err = ota_image_build(&job->plan, body, image, &job->made, &diag);
	if (err != OTA_OK)
		return fail_build(job, &diag);
	if (job->plan.compression != OTA_COMPRESSION_NONE && !job->imgtool &&
	    !cli_has(job->args, VECTOR_TO_SIGN) && !job->made.compressed)
		cli_warning(job->input, "is not compressed: %zu bytes would become %zu and more",
			    job->made.body_len, job->made.stream_len);
	return judge_room(job);
}

/* The image last: where it is, all is there. */
static enum cli_exit write_image(const struct job *job, const struct ota_buf *image)
{
	struct ota_buf hex = ota_buf_init(CLI_FILE_MAX);
	struct ota_diag diag = {.err = OTA_OK};
	enum cli_exit status = CLI_DONE;

	if (job->to_hex && ota_image_to_hex(&job->plan, ota_buf_span(image), job->made.len,
					    job->base, &hex, &diag) != OTA_OK) {
		if (diag.err == OTA_E_ROOM)
			diag.err = OTA_E_USAGE; /* an address that was given, or read */
		status = cli_fail(job->output, &diag);
	}
	if (status == CLI_DONE)
		status = cli_write_sig_out(job->args, &job->made.sig);
	if (status == CLI_DONE)
		status = cli_write_depfile(job->args, DEPFILE, job->output, job->input);
	if (status == CLI_DONE)
		status = cli_write(job->output, ota_buf_span(job->to_hex ? &hex : image));
	ota_buf_free(&hex);
	return status;
}

static enum cli_exit run(const struct cli_args *args)
{
	struct job job = {.args = args, .imgtool = args->row->imgtool};
	struct ota_buf image = ota_buf_init(IMAGE_MAX);
	enum cli_exit status = check_options(&job);

	if (status == CLI_DONE)
		status = plan_image(&job);
	/* The input first: while it blocks no key is in memory, and no passphrase is asked for in
	 * vain. */
	if (status == CLI_DONE)
		status = read_firmware(&job);
	if (status == CLI_DONE)
		status = find_base(&job);
	if (status == CLI_DONE)
		status = read_keys(&job);
	if (status == CLI_DONE)
		status = build(&job, &image);
	if (status == CLI_DONE && job.imgtool)
		say_as_imgtool(&job);
	/* Nothing secret stays in memory while a slow output blocks. */
	free_keys(&job);
	if (status == CLI_DONE)
		status = write_image(&job, &image);
	ota_buf_free(&image);
	ota_firmware_free(&job.firmware);
	sign_values_free(&job.values);
	return status;
}

const struct cli_command cli_cmd_sign = {
	.usage = "sign IN (-o OUT | OUT) --version VERSION --header-size N [-k KEY] [options]",
	.examples = examples,
	.about = "IN is a binary, Intel HEX (by its name) or ELF (its loadable segments); - is\n"
		 "standard input or output. Images are those of imgtool, byte for byte but for\n"
		 "the bytes of an ECDSA or RSA signature and of encryption. Every key signs the\n"
		 "image's hash: SHA-384 with P-384, else SHA-256 unless --sha says otherwise.\n"
		 "ECDSA is deterministic (RFC 6979). Every signature is verified before it is\n"
		 "written, wherever it comes from. A key may be encrypted, or in a token and\n"
		 "named by a pkcs11: URI. Where imgtool does harm this command does not: see\n"
		 "docs/imgtool.md.\n\n"
		 "--sign-with runs CMD by the shell with {digest}, {payload} and {sig} replaced\n"
		 "by the names of files in a private directory; without {sig} the signature is\n"
		 "what CMD prints. It may be raw or base64; ECDSA's as DER or as r and s.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 2,
	.positionals = "the input file",
	.run = run,
};
