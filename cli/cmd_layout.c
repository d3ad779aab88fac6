// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include <ota/budget.h>
#include <ota/nearest.h>

#include "target_arg.h"

enum { JSON, EXPLAIN };

static const struct cli_option options[] = {
	[JSON] = {.name = "json", .help = "print a JSON object"},
	[EXPLAIN] = {.name = "explain",
		     .help = "print each rule, with the numbers put in and where MCUboot has it"},
};

static const struct cli_example examples[] = {
	{"otatool layout mode=scratch write=8 align=8 sectors=256 primary=224*2048 "
	 "secondary=224*2048 scratch=8*2048",
	 "what MCUboot makes of this flash: largest image 452,536"},
	{"otatool layout mode=overwrite write=4 primary=2*16K+1*64K secondary=2*16K+1*64K --json",
	 "mixed sectors, for a script"},
	{"otatool layout mode=offset primary=64*4K secondary=65*4K enc=enctlv-ec256-aes128 "
	 "--explain",
	 "each rule, for encrypted images"},
	{NULL, NULL},
};

enum { MODE, WRITE, ALIGN, SECTORS, PRIMARY, SECONDARY, SCRATCH, ENC, EXEC_RAM, LOAD, N_KEYS };
static const char *const keys[] = {
	[MODE] = "mode",       [WRITE] = "write",     [ALIGN] = "align",
	[SECTORS] = "sectors", [PRIMARY] = "primary", [SECONDARY] = "secondary",
	[SCRATCH] = "scratch", [ENC] = "enc",         [EXEC_RAM] = "exec-ram",
	[LOAD] = "load",
};

#define DEFAULT_WRITE       1
#define DEFAULT_ALIGN       8
#define DEFAULT_MAX_SECTORS 128

/* What the command line says, and what follows from it. */
struct question {
	struct ota_flash_layout layout;
	struct ota_area exec_ram; /* at an address; ram-load */
	bool has_address;         /* of exec_ram */
	uint32_t load;
	unsigned seen; /* keys, bits */
	struct ota_flash_limits limits;
	uint64_t slot_limit; /* max_image without the limit of RAM */
};

static enum cli_exit fail_key(const char *pair, size_t len)
{
	char word[32] = "";
	const char *nearest;

	memcpy(word, pair, len < sizeof(word) ? len : sizeof(word) - 1);
	nearest = ota_nearest(word, keys, N_KEYS);
	(void)cli_error(CLI_USAGE, "layout", "\"%s\" is not KEY=VALUE with a known key", pair);
	if (nearest)
		cli_hint("did you mean %s=?", nearest);
	else
		cli_hint("keys: mode write align sectors primary secondary scratch enc exec-ram "
			 "load");
	return CLI_USAGE;
}

static enum cli_exit read_mode(const char *value, struct ota_flash_layout *layout)
{
	if (ota_mode_parse(value, &layout->mode) == OTA_OK)
		return CLI_DONE;
	(void)cli_error(CLI_USAGE, "mode", "\"%s\" is not a mode", value);
	cli_hint("modes: scratch move offset overwrite overwritefast xip xiprevert ram-load "
		 "single-slot firmware-loader");
	return CLI_USAGE;
}

static enum cli_exit read_number(const char *key, const char *value, uint32_t *field)
{
	uint64_t number = 0;
	enum cli_exit status = cli_parse_size(key, value, UINT32_MAX, &number);

	*field = (uint32_t)number;
	return status;
}

static enum cli_exit read_sectors(const char *key, const char *value, struct ota_sectors *sectors)
{
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_sectors_parse(value, sectors, &diag) == OTA_OK)
		return CLI_DONE;
	(void)cli_fail(key, &diag);
	return CLI_USAGE;
}

static enum cli_exit read_encryption(const char *value, struct ota_flash_layout *layout)
{
	char words[512] = "";
	size_t at = 0;

	if (ota_boot_encryption_parse(value, &layout->enc_key) == OTA_OK)
		return CLI_DONE;
	(void)cli_error(CLI_USAGE, "enc", "\"%s\" is not what a bootloader keeps of a key", value);
	for (size_t i = 0; ota_boot_encryption_name(i) && at < sizeof(words); i++)
		at += (size_t)snprintf(words + at, sizeof(words) - at, " %s",
				       ota_boot_encryption_name(i));
	cli_hint("words:%s", words);
	return CLI_USAGE;
}

/* SIZE, or ADDRESS+SIZE. */
static enum cli_exit read_exec_ram(const char *value, struct question *question)
{
	const char *plus = strchr(value, '+');
	char address[32] = "";
	enum cli_exit status;

	if (!plus)
		return read_number("exec-ram", value, &question->exec_ram.len);
	if ((size_t)(plus - value) >= sizeof(address))
		return cli_error(CLI_USAGE, "exec-ram", "\"%s\" is not SIZE or ADDRESS+SIZE",
				 value);
	memcpy(address, value, (size_t)(plus - value));
	question->has_address = true;
	status = read_number("exec-ram", address, &question->exec_ram.at);
	if (status == CLI_DONE)
		status = read_number("exec-ram", plus + 1, &question->exec_ram.len);
	return status;
}

static enum cli_exit read_value(unsigned key, const char *value, struct question *question)
{
	struct ota_flash_layout *layout = &question->layout;

	switch (key) {
	case MODE:
		return read_mode(value, layout);
	case WRITE:
		return read_number("write", value, &layout->write_size);
	case ALIGN:
		return read_number("align", value, &layout->max_align);
	case SECTORS:
		return read_number("sectors", value, &layout->max_sectors);
	case PRIMARY:
		return read_sectors("primary", value, &layout->primary);
	case SECONDARY:
		return read_sectors("secondary", value, &layout->secondary);
	case SCRATCH:
		return read_sectors("scratch", value, &layout->scratch);
	case ENC:
		return read_encryption(value, layout);
	case EXEC_RAM:
		return read_exec_ram(value, question);
	default:
		return read_number("load", value, &question->load);
	}
}

static enum cli_exit read_pair(const char *pair, struct question *question)
{
	size_t len = strcspn(pair, "=");
	unsigned key = 0;

	while (key < N_KEYS && (strlen(keys[key]) != len || strncmp(keys[key], pair, len) != 0))
		key++;
	if (key == N_KEYS || pair[len] != '=')
		return fail_key(pair, len);
	if (question->seen & 1U << key)
		return cli_error(CLI_USAGE, "layout", "%s= is given twice", keys[key]);
	question->seen |= 1U << key;
	return read_value(key, pair + len + 1, question);
}

static bool has(const struct question *question, unsigned key)
{
	return question->seen & 1U << key;
}

/* Where images run: asked of ram-load alone, and with an address only when both have one. */
static enum cli_exit check_ram(struct question *question)
{
	if (!has(question, EXEC_RAM) && !has(question, LOAD))
		return CLI_DONE;
	if (question->layout.mode != OTA_MODE_RAM_LOAD)
		return cli_error(CLI_USAGE, "layout", "%s= is a key of ram-load alone",
				 has(question, EXEC_RAM) ? "exec-ram" : "load");
	if (!has(question, EXEC_RAM))
		return cli_error(CLI_USAGE, "layout", "load= needs exec-ram=ADDRESS+SIZE");
	if (has(question, LOAD) && !question->has_address)
		return cli_error(CLI_USAGE, "layout",
				 "load= needs the address of that RAM: exec-ram=ADDRESS+SIZE");
	if (!has(question, LOAD))
		question->load = question->exec_ram.at;
	return CLI_DONE;
}

static enum cli_exit read_question(const struct cli_args *args, struct question *question)
{
	enum cli_exit status = CLI_DONE;

	for (unsigned i = 0; i < args->n_positionals && status == CLI_DONE; i++)
		status = read_pair(args->positional[i], question);
	if (status != CLI_DONE)
		return status;
	if (question->layout.mode == 0 || question->layout.primary.n == 0)
		return cli_error(CLI_USAGE, "layout", "needs %s",
				 question->layout.mode == 0 ? "mode=" : "primary=");
	return check_ram(question);
}

static enum cli_exit answer(struct question *question)
{
	struct ota_flash_limits *limits = &question->limits;
	struct ota_diag diag = {.err = OTA_OK};

	if (ota_flash_limits(&question->layout, limits, &diag) != OTA_OK)
		return cli_fail("layout", &diag);
	question->slot_limit = limits->max_image;
	if (has(question, EXEC_RAM))
		limits->max_image = ota_ram_load_limit(&question->exec_ram, question->load,
						       question->slot_limit);
	return CLI_DONE;
}

/* -- the answer -------------------------------------------------------------------------------- */

static void explain_ram(const struct question *question, struct ota_budget *budget)
{
	const struct ota_area *ram = &question->exec_ram;
	char slot[32], largest[32];

	if (has(question, EXEC_RAM))
		ota_budget_explain(budget, "largest image where it runs",
				   "min(largest image, end of executable RAM - load address)",
				   "boot/bootutil/src/ram_load.c:62-102",
				   "min(%s, 0x%" PRIx64 " - 0x%" PRIx32 ") = %s",
				   ota_number_grouped(question->slot_limit, slot),
				   (uint64_t)ram->at + ram->len, question->load,
				   ota_number_grouped(question->limits.max_image, largest));
}

/* The rules are those of the slots, before RAM has its say. */
static void explain(const struct question *question, struct ota_budget *budget)
{
	struct ota_flash_limits limits = question->limits;

	limits.max_image = question->slot_limit;
	ota_flash_explain(&question->layout, &limits, budget);
	explain_ram(question, budget);
}

static void json_from_end(json_t *object, const struct ota_trailer_fields *fields)
{
	json_t *member = json_object();
	json_t *enc_keys = json_array();

	if (fields->magic > 0) {
		cli_json_uint(member, "magic", fields->magic);
		cli_json_uint(member, "image_ok", fields->image_ok);
		cli_json_uint(member, "copy_done", fields->copy_done);
		cli_json_uint(member, "swap_info", fields->swap_info);
		if (fields->unprotected_tlv_sizes > 0)
			cli_json_uint(member, "unprotected_tlv_sizes",
				      fields->unprotected_tlv_sizes);
		cli_json_uint(member, "swap_size", fields->swap_size);
	}
	cli_json_add(object, "from_end", member);
	for (unsigned i = 0; i < 2 && fields->enc_key[i] > 0; i++)
		(void)json_array_append_new(enc_keys, json_integer((json_int_t)fields->enc_key[i]));
	cli_json_add(object, "enc_keys_from_end", enc_keys);
}

static void json_rules(json_t *object, const struct ota_budget *budget)
{
	json_t *rules = json_array();

	for (unsigned i = 0; i < budget->n_rules; i++) {
		const struct ota_budget_rule *rule = &budget->rule[i];
		json_t *item = json_object();

		cli_json_text(item, "item", rule->item);
		cli_json_text(item, "formula", rule->formula);
		cli_json_text(item, "numbers", rule->numbers);
		cli_json_text(item, "source", rule->source);
		(void)json_array_append_new(rules, item);
	}
	cli_json_add(object, "rules", rules);
}

/* The largest image that gets in; MCUboot's sum says more where it would not upgrade. */
static uint64_t usable_image(const struct ota_flash_limits *limits)
{
	return limits->compatible && !limits->caution[0] ? limits->max_image : 0;
}

/* As MCUboot's own function answers, which does not ask whether the slots match. */
static uint64_t formula_image(const struct ota_flash_limits *limits)
{
	return limits->compatible ? limits->max_image : limits->bare_image;
}

static enum cli_exit print_json(const struct question *question, const struct ota_budget *budget)
{
	const struct ota_flash_limits *limits = &question->limits;
	struct ota_flash_limits answered = *limits;
	json_t *object = cli_json("layout");

	answered.max_image = formula_image(limits);
	cli_json_text(object, "mode", ota_mode_name(question->layout.mode));
	json_limits(object, &answered);
	cli_json_uint(object, "usable_image_bytes", usable_image(limits));
	cli_json_uint(object, "status_bytes", limits->status);
	cli_json_uint(object, "enc_key_bytes", question->layout.enc_key);
	json_from_end(object, &limits->from_end);
	if (has(question, EXEC_RAM))
		cli_json_uint(object, "slot_max_image_bytes", question->slot_limit);
	if (budget->n_rules > 0)
		json_rules(object, budget);
	return cli_json_print(object);
}

static void print_areas(const struct question *question)
{
	const struct ota_flash_layout *layout = &question->layout;
	char text[256];

	printf("mode             %s\n", ota_mode_name(layout->mode));
	printf("primary          %s\n", sectors_text(&layout->primary, text));
	if (layout->secondary.n)
		printf("secondary        %s\n", sectors_text(&layout->secondary, text));
	if (layout->scratch.n)
		printf("scratch          %s\n", sectors_text(&layout->scratch, text));
	if (layout->enc_key > 0)
		printf("keys saved       2 x %" PRIu32 " bytes\n", layout->enc_key);
}

static void print_fields(const struct ota_trailer_fields *fields)
{
	if (fields->magic == 0)
		return;
	printf("from slot's end  magic %" PRIu64 ", image_ok %" PRIu64 ", copy_done %" PRIu64
	       ", swap_info %" PRIu64,
	       fields->magic, fields->image_ok, fields->copy_done, fields->swap_info);
	if (fields->unprotected_tlv_sizes > 0)
		printf(", unprotected_tlv_sizes %" PRIu64, fields->unprotected_tlv_sizes);
	printf(", swap_size %" PRIu64, fields->swap_size);
	if (fields->enc_key[0] > 0)
		printf(", enc keys %" PRIu64 " and %" PRIu64, fields->enc_key[0],
		       fields->enc_key[1]);
	if (fields->status > 0)
		printf(", status %" PRIu64, fields->status);
	printf("\n");
}

static void print_largest(const struct question *question)
{
	const struct ota_flash_limits *limits = &question->limits;
	char text[32];

	if (limits->compatible && !limits->caution[0])
		printf("largest image    %s bytes, header to last TLV\n",
		       ota_number_grouped(limits->max_image, text));
	else if (formula_image(limits) > 0)
		printf("largest image    none, MCUboot would not upgrade here (its formula gives "
		       "%s)\n",
		       ota_number_grouped(formula_image(limits), text));
	else
		printf("largest image    none, MCUboot would not upgrade here\n");
	if (has(question, EXEC_RAM))
		printf("                 (the slots alone would hold %s)\n",
		       ota_number_grouped(question->slot_limit, text));
}

static void print_rules(const struct ota_budget *budget)
{
	for (unsigned i = 0; i < budget->n_rules; i++) {
		const struct ota_budget_rule *rule = &budget->rule[i];

		printf("\n%s\n    %s\n    %s\n    %s\n", rule->item, rule->formula, rule->numbers,
		       rule->source);
	}
}

static void print_text(const struct question *question, const struct ota_budget *budget)
{
	const struct ota_flash_limits *limits = &question->limits;
	char text[32];

	print_areas(question);
	printf("compatible       %s%s%s\n", limits->compatible ? "yes" : "no",
	       limits->compatible ? "" : ": ", limits->compatible ? "" : limits->reason);
	printf("trailer          %s bytes", ota_number_grouped(limits->trailer, text));
	printf(", %s of them swap status\n", ota_number_grouped(limits->status, text));
	printf("scratch trailer  %s bytes\n", ota_number_grouped(limits->scratch_trailer, text));
	print_fields(&limits->from_end);
	print_largest(question);
	print_rules(budget);
}

static enum cli_exit run(const struct cli_args *args)
{
	struct question question = {.layout = {.write_size = DEFAULT_WRITE,
					       .max_align = DEFAULT_ALIGN,
					       .max_sectors = DEFAULT_MAX_SECTORS}};
	const struct ota_flash_limits *limits = &question.limits;
	struct ota_budget budget = {.n_rules = 0};
	enum cli_exit status = read_question(args, &question);

	if (status == CLI_DONE)
		status = answer(&question);
	if (status != CLI_DONE)
		return status;
	if (cli_has(args, EXPLAIN))
		explain(&question, &budget);
	if (cli_has(args, JSON))
		status = print_json(&question, &budget);
	else
		print_text(&question, &budget);
	if (limits->caution[0])
		cli_warning("layout", "MCUboot would not upgrade here: %s", limits->caution);
	if (status == CLI_DONE &&
	    (!limits->compatible || (has(&question, EXEC_RAM) && limits->max_image == 0)))
		return CLI_NO;
	return status;
}

const struct cli_command cli_cmd_layout = {
	.usage = "layout KEY=VALUE... [--explain] [--json]",
	.examples = examples,
	.about = "Keys:\n"
		 "  mode       scratch move offset overwrite overwritefast xip xiprevert, or a\n"
		 "             profile's words (swap-scratch, ram-load, single-slot, ...)\n"
		 "  write      write alignment of the flash, bytes (default 1)\n"
		 "  align      BOOT_MAX_ALIGN (default 8)\n"
		 "  sectors    BOOT_MAX_IMG_SECTORS (default 128)\n"
		 "  primary, secondary, scratch\n"
		 "             sectors as COUNT*BYTES, joined by + where they differ\n"
		 "  enc        what the trailer keeps for encrypted images: none (default),\n"
		 "             aes128, aes256, or the TLV the key came in (SAVE_ENCTLV):\n"
		 "             enctlv-ec256-aes128, enctlv-x25519-aes128,\n"
		 "             enctlv-x25519-sha512-aes128, enctlv-kw-aes128 (each also with\n"
		 "             -aes256), enctlv-rsa2048\n"
		 "  exec-ram, load\n"
		 "             ram-load: where images run, SIZE or ADDRESS+SIZE, and the\n"
		 "             address this one is copied to (default: the start)\n"
		 "Exit code 1 when the slots are not compatible. In JSON max_image_bytes is what\n"
		 "MCUboot's formula gives, also for slots between which MCUboot would not\n"
		 "upgrade; usable_image_bytes is 0 then.",
	.options = options,
	.n_options = sizeof(options) / sizeof(options[0]),
	.min_positionals = 1,
	.max_positionals = 32,
	.positionals = "KEY=VALUE pairs",
	.run = run,
};
