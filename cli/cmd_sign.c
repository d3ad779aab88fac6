// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <strings.h>

#include "io.h"
#include "key_arg.h"
#include "sign_values.h"

enum {
	KEY,
	OUTPUT,
	VERSION,
	HEADER_SIZE,
	PAD_HEADER,
	SLOT_SIZE,
	ALIGN,
	MAX_ALIGN,
	MAX_SECTORS,
	PAD,
	CONFIRM,
	OVERWRITE_ONLY,
	SECURITY_COUNTER,
	DEPENDENCIES,
	CUSTOM_TLV,
	LOAD_ADDR,
	ROM_FIXED,
	ERASED_VAL,
	NON_BOOTABLE,
	PUBLIC_KEY_FORMAT,
	PAD_SIG,
	TEST,
	BOOT_RECORD,
	ENDIAN,
	ENCRYPT,
	ENCRYPT_KEYLEN,
	CLEAR,
	SAVE_ENCTLV,
	HMAC_SHA,
	COMPRESSION,
	HEX_ADDR,
	CUSTOM_TLV_FILE,
	VID,
	CID,
	SHA,
	PURE,
	FIX_SIG,
	FIX_SIG_PUBKEY,
	SIG_OUT,
	VECTOR_TO_SIGN,
	TARGET,
	RANDOM_NONCE,
	LOW_S,
	KEY_OPTION_IDS,
};

/* Letters and spellings are imgtool's. */
static const struct cli_option options[] = {
	[KEY] = {.name = "key",
		 .letter = 'k',
		 .value = "KEY",
		 .help = "private key: a file or a pkcs11: URI; without it the image is unsigned"},
	[OUTPUT] = {.name = "output", .letter = 'o', .value = "OUT", .help = "image to write"},
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
	[OVERWRITE_ONLY] = {.name = "overwrite-only", .help = "the bootloader has no swap status"},
	[SECURITY_COUNTER] = {.name = "security-counter",
			      .letter = 's',
			      .value = "N|auto",
			      .help = "counter against downgrades; auto: from the version"},
	[DEPENDENCIES] = {.name = "dependencies",
			  .letter = 'd',
			  .value = "LIST",
			  .help = "other images this one needs: \"(1, 1.2.3+4)(2, 0.9)\""},
	[CUSTOM_TLV] = {.name = "custom-tlv",
			.value = "TAG VALUE",
			.help = "protected TLV of your own: 0xHEX bytes or text",
			.two_values = true},
	[LOAD_ADDR] = {.name = "load-addr",
		       .letter = 'L',
		       .value = "ADDR",
		       .help = "RAM address to run from"},
	[ROM_FIXED] = {.name = "rom-fixed",
		       .letter = 'F',
		       .value = "ADDR",
		       .help = "flash address the image must be at"},
	[ERASED_VAL] = {.name = "erased-val",
			.letter = 'R',
			.value = "0|0xff",
			.help = "value of erased flash (default 0xff)"},
	[NON_BOOTABLE] = {.name = "non-bootable", .help = "never booted: data for the product"},
	[PUBLIC_KEY_FORMAT] = {.name = "public-key-format",
			       .value = "hash|full",
			       .help = "key hash or whole key",
			       .later = true},
	[PAD_SIG] = {.name = "pad-sig", .help = "pad ECDSA signatures", .later = true},
	[TEST] = {.name = "test", .help = "the same as --pad", .later = true},
	[BOOT_RECORD] = {.name = "boot-record",
			 .value = "TYPE",
			 .help = "attestation record",
			 .later = true},
	[ENDIAN] = {.name = "endian",
		    .letter = 'e',
		    .value = "little|big",
		    .help = "byte order",
		    .later = true},
	[ENCRYPT] = {.name = "encrypt",
		     .letter = 'E',
		     .value = "KEY.pem",
		     .help = "encrypt for this key",
		     .later = true},
	[ENCRYPT_KEYLEN] = {.name = "encrypt-keylen",
			    .value = "128|256",
			    .help = "AES key length",
			    .later = true},
	[CLEAR] = {.name = "clear",
		   .letter = 'c',
		   .help = "encryption TLV, payload in clear",
		   .later = true},
	[SAVE_ENCTLV] = {.name = "save-enctlv",
			 .help = "the trailer saves the encrypted key",
			 .later = true},
	[HMAC_SHA] = {.name = "hmac-sha",
		      .value = "auto|256|512",
		      .help = "hash of the key exchange",
		      .later = true},
	[COMPRESSION] = {.name = "compression",
			 .value = "KIND",
			 .help = "disabled, lzma2 or lzma2armthumb",
			 .later = true},
	[HEX_ADDR] = {.name = "hex-addr",
		      .letter = 'x',
		      .value = "ADDR",
		      .help = "base of the hex output",
		      .later = true},
	[CUSTOM_TLV_FILE] = {.name = "custom-tlv-file",
			     .value = "TAG FILE",
			     .help = "custom TLV from a file",
			     .two_values = true,
			     .later = true},
	[VID] = {.name = "vid", .value = "ID", .help = "vendor id", .later = true},
	[CID] = {.name = "cid", .value = "ID", .help = "device class id", .later = true},
	[SHA] = {.name = "sha",
		 .value = "auto|256|384|512",
		 .help = "hash of the image",
		 .later = true},
	[PURE] = {.name = "pure", .help = "sign the image, not its digest", .later = true},
	[FIX_SIG] = {.name = "fix-sig",
		     .value = "FILE",
		     .help = "signature made elsewhere",
		     .later = true},
	[FIX_SIG_PUBKEY] = {.name = "fix-sig-pubkey",
			    .value = "KEY.pem",
			    .help = "its public key",
			    .later = true},
	[SIG_OUT] = {.name = "sig-out",
		     .value = "FILE",
		     .help = "write the signature too",
		     .later = true},
	[VECTOR_TO_SIGN] = {.name = "vector-to-sign",
			    .value = "payload|digest",
			    .help = "write what is to be signed",
			    .later = true},
	[TARGET] = {.name = "target",
		    .value = "T",
		    .help = "take sizes from a device profile",
		    .later = true},
	[RANDOM_NONCE] =
		{.name = "random-nonce",
		 .help = "ECDSA with a random nonce, as imgtool does; each run another signature"},
	[LOW_S] = {.name = "low-s",
		   .help = "ECDSA with s in the lower half, for verifiers that want it so"},
	KEY_OPTION_ROWS,
};

static const struct cli_example examples[] = {
	{"otatool sign app.bin -o app.img -k key.pem --version 1.2.3 --header-size 0x200 "
	 "--pad-header --slot-size 448K",
	 "an image for MCUboot, refused when it does not fit its slot"},
	{"otatool sign zephyr.bin zephyr.signed.bin -k key.pem -v 1.2.3+4 -H 0x200 -S 0x70000 "
	 "--align 8",
	 "an imgtool line works as it is; Zephyr's binary brings its blank header"},
	{"otatool sign app.bin -o factory.bin -k key.pem -v 1.0.0 -H 32 --pad-header -S 448K "
	 "--confirm",
	 "a whole slot for the factory: confirmed, never reverted"},
	{NULL, NULL},
};

/* The files and the plan of one run. */
struct job {
	const struct cli_args *args;
	const char *input;
	const char *output;
	struct ota_image_plan plan;
	struct sign_values values;
};

static enum cli_exit read_u32(const struct job *job, unsigned option, uint32_t *field)
{
	uint64_t value = *field;
	enum cli_exit status = cli_size(job->args, option, UINT32_MAX, &value);

	*field = (uint32_t)value;
	return status;
}

/* imgtool goes by the name; taking such a file for a binary would sign its text. */
static bool is_hex_name(const char *path)
{
	size_t len = strlen(path);

	return len >= 4 && strcasecmp(path + len - 4, ".hex") == 0;
}

static enum cli_exit refuse_hex(const struct job *job)
{
	const char *path = is_hex_name(job->input) ? job->input : job->output;

	if (!is_hex_name(path))
		return CLI_DONE;
	(void)cli_error(CLI_USAGE, path, "Intel HEX is not served by this version yet");
	cli_hint("objcopy -I ihex -O binary IN.hex OUT.bin makes a binary of it");
	return CLI_USAGE;
}

static enum cli_exit find_files(struct job *job)
{
	const struct cli_args *args = job->args;
	const char *const inputs[] = {args->positional[0], cli_value(args, KEY)};

	job->input = args->positional[0];
	job->output = cli_value(args, OUTPUT);
	if (args->n_positionals == 2 && job->output)
		return cli_error(CLI_USAGE, "sign", "two outputs: \"%s\" and --output \"%s\"",
				 args->positional[1], job->output);
	if (args->n_positionals == 2)
		job->output = args->positional[1];
	if (!job->output)
		return cli_error(CLI_USAGE, "sign", "needs --output OUT");
	if (!cli_has(args, VERSION))
		return cli_error(CLI_USAGE, "sign", "needs --version VERSION");
	if (!cli_has(args, HEADER_SIZE)) {
		(void)cli_error(CLI_USAGE, "sign", "needs --header-size N");
		cli_hint("it is the bootloader's: often 32, in Zephyr 0x200");
		return CLI_USAGE;
	}
	if (cli_count(args, KEY) > 1)
		return cli_error(CLI_USAGE, "sign",
				 "more than one --key is not served by this version yet");
	if (cli_check_key_stdin(args, inputs, 2) != CLI_DONE ||
	    cli_spare_key(cli_value(args, KEY), job->output) != CLI_DONE)
		return CLI_USAGE;
	return refuse_hex(job);
}

/* Sizes and alignments. */
static enum cli_exit plan_sizes(struct job *job)
{
	struct ota_image_plan *plan = &job->plan;
	enum cli_exit status = read_u32(job, HEADER_SIZE, &plan->header_size);

	if (status == CLI_DONE && plan->header_size < OTA_IMAGE_HEADER_SIZE)
		return cli_error(CLI_USAGE, "--header-size",
				 "%" PRIu32 " is less than the header's %u bytes",
				 plan->header_size, OTA_IMAGE_HEADER_SIZE);
	if (status == CLI_DONE)
		status = cli_size(job->args, SLOT_SIZE, UINT32_MAX, &plan->slot_size);
	if (status == CLI_DONE)
		status = read_u32(job, ALIGN, &plan->align);
	if (status == CLI_DONE && cli_has(job->args, ALIGN) && plan->align == 0)
		return cli_error(CLI_USAGE, "--align", "0 is not 1, 2, 4, 8, 16 or 32");
	if (status == CLI_DONE)
		status = read_u32(job, MAX_ALIGN, &plan->max_align);
	if (status == CLI_DONE && cli_has(job->args, MAX_ALIGN) && plan->max_align == 0)
		return cli_error(CLI_USAGE, "--max-align", "0 is not 8, 16 or 32");
	plan->has_max_sectors = cli_has(job->args, MAX_SECTORS);
	if (status == CLI_DONE)
		status = read_u32(job, MAX_SECTORS, &plan->max_sectors);
	return status;
}

/* What the header's flags and the padding say. */
static enum cli_exit plan_flags(struct job *job)
{
	static const char *const erased[] = {"0", "0xff", NULL};
	struct ota_image_plan *plan = &job->plan;
	unsigned erased_index = 1;
	enum cli_exit status = cli_choice(job->args, ERASED_VAL, erased, &erased_index);

	plan->erased_is_zero = erased_index == 0;
	plan->pad_header = cli_has(job->args, PAD_HEADER);
	plan->overwrite_only = cli_has(job->args, OVERWRITE_ONLY);
	plan->non_bootable = cli_has(job->args, NON_BOOTABLE);
	if (cli_has(job->args, PAD))
		plan->pad = OTA_IMAGE_PAD_PENDING;
	if (cli_has(job->args, CONFIRM))
		plan->pad = OTA_IMAGE_PAD_CONFIRMED;
	if (status == CLI_DONE)
		status = read_u32(job, LOAD_ADDR, &plan->load_addr);
	if (status == CLI_DONE)
		status = read_u32(job, ROM_FIXED, &plan->rom_fixed);
	return status;
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

static enum cli_exit plan_image(struct job *job)
{
	const char *dependencies = cli_value(job->args, DEPENDENCIES);
	enum cli_exit status = sign_version(cli_value(job->args, VERSION), &job->plan.version);

	if (status == CLI_DONE)
		status = plan_sizes(job);
	if (status == CLI_DONE)
		status = plan_flags(job);
	if (status == CLI_DONE)
		status = plan_security_counter(job);
	if (status == CLI_DONE && dependencies)
		status = sign_dependencies(dependencies, &job->values, &job->plan);
	if (status == CLI_DONE)
		status = sign_custom_tlvs(job->args, CUSTOM_TLV, &job->values, &job->plan);
	return status;
}

static enum cli_exit read_signing_key(const struct cli_args *args, struct ota_key **key)
{
	const char *text = cli_value(args, KEY);
	enum cli_exit status = cli_read_key(args, text, key);

	if (status != CLI_DONE)
		return status;
	if (!ota_key_signs(*key))
		return cli_error(CLI_USAGE, text,
				 "is an %s key, which only encrypts and cannot sign",
				 ota_key_name(*key));
	if (!ota_key_is_private(*key))
		return cli_error(CLI_USAGE, text, "is a public key; the private one signs");
	if (cli_has(args, RANDOM_NONCE))
		ota_key_use_random_nonce(*key);
	if (cli_has(args, LOW_S))
		ota_key_use_low_s(*key);
	return CLI_DONE;
}

static enum cli_exit build(const struct job *job, struct ota_buf *image)
{
	struct ota_diag diag = {.err = OTA_OK};
	struct ota_buf input = {.data = NULL};
	struct ota_key *key = NULL;
	struct ota_signer signer = {.key = NULL};
	struct ota_image_plan plan = job->plan;
	struct ota_image_made made;
	/* The input first: while it blocks no key is in memory, and no passphrase is asked for in
	 * vain. */
	enum cli_exit status = cli_read(job->input, &input);

	if (status == CLI_DONE && cli_has(job->args, KEY))
		status = read_signing_key(job->args, &key);
	signer.key = key;
	plan.signers = &signer;
	plan.n_signers = key ? 1 : 0;
	if (status == CLI_DONE && ota_image_probe(ota_buf_span(&input)))
		cli_warning(job->input,
			    "is an MCUboot image already; it becomes another's payload");
	if (status == CLI_DONE &&
	    ota_image_build(&plan, ota_buf_span(&input), image, &made, &diag) != OTA_OK)
		status = cli_fail(diag.err == OTA_E_USAGE ? "sign" : job->input, &diag);
	ota_key_free(key);
	ota_buf_free(&input);
	return status;
}

static enum cli_exit run(const struct cli_args *args)
{
	struct job job = {.args = args};
	struct ota_buf image = ota_buf_init(UINT32_MAX);
	enum cli_exit status = find_files(&job);

	if (status == CLI_DONE)
		status = plan_image(&job);
	if (status == CLI_DONE)
		status = build(&job, &image);
	/* The key is gone by now: nothing secret stays in memory while a slow output blocks. */
	if (status == CLI_DONE)
		status = cli_write(job.output, ota_buf_span(&image));
	ota_buf_free(&image);
	sign_values_free(&job.values);
	return status;
}

const struct cli_command cli_cmd_sign = {
	.usage = "sign IN (-o OUT | OUT) --version VERSION --header-size N [-k KEY] [options]",
	.examples = examples,
	.about = "Images are those of imgtool, byte for byte but for the bytes of an ECDSA or\n"
		 "RSA signature. Every key signs the image's hash: SHA-384 with P-384, else\n"
		 "SHA-256. ECDSA is deterministic (RFC 6979). Every signature is verified\n"
		 "before it is written. A key may be encrypted, or in a token and named by a\n"
		 "pkcs11: URI.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 2,
	.positionals = "the input file",
	.run = run,
};
