// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>

#include "patch_formats.h"

const char *ota_delta_format_name(size_t index)
{
	const struct ota_patch_format *format = ota_patch_format_at(index);

	return format ? format->name : NULL;
}

const char *ota_delta_format_find(const char *name)
{
	const struct ota_patch_format *format = ota_patch_format_named(name);

	return format ? format->name : NULL;
}

bool ota_delta_format_checks(const char *name)
{
	const struct ota_patch_format *format = ota_patch_format_named(name);

	return format && format->checks_files;
}

const char *ota_delta_format_default(void)
{
	return ota_patch_otd.name;
}

/* Whatever went wrong in the encoder, a wrong patch must not leave. */
static enum ota_err prove(const struct ota_patch_format *format, struct ota_span old_image,
			  struct ota_span new_image, struct ota_span patch, struct ota_diag *diag)
{
	struct ota_buf again = ota_buf_init(new_image.len);
	enum ota_err err;

	if (format->prove)
		return format->prove(old_image, patch, new_image, diag);
	err = format->decode(old_image, patch, &again, diag);
	if (err == OTA_OK && !ota_span_equal(ota_buf_span(&again), new_image))
		err = ota_fail(diag, OTA_E_REFUSED,
			       "the %s patch made does not give the new file back", format->name);
	ota_buf_free(&again);
	return err;
}

static enum ota_err check_code(const struct ota_delta_plan *plan,
			       const struct ota_patch_format *format, struct ota_diag *diag)
{
	bool has_base = plan->old_base.known || plan->new_base.known;

	if (!format->knows_code && plan->tier != OTA_DELTA_TIER_AUTO)
		return ota_fail(diag, OTA_E_USAGE, "%s has no tiers", format->name);
	if (!format->knows_code && plan->arch != OTA_DELTA_ARCH_AUTO)
		return ota_fail(diag, OTA_E_USAGE, "%s knows no code", format->name);
	if (!format->knows_code && has_base)
		return ota_fail(diag, OTA_E_USAGE, "%s has no use for addresses", format->name);
	if (plan->arch == OTA_DELTA_ARCH_NONE && has_base)
		return ota_fail(diag, OTA_E_USAGE, "without code no address is of use");
	return OTA_OK;
}

/* Images for which tier nano has a model are Thumb code or none. */
static bool nano_knows(enum ota_delta_arch arch)
{
	return arch != OTA_DELTA_ARCH_RV32 && arch != OTA_DELTA_ARCH_XTENSA;
}

static enum ota_err check_place(const struct ota_delta_plan *plan,
				const struct ota_patch_format *format, struct ota_diag *diag)
{
	uint32_t block = plan->block > 0 ? plan->block : OTA_DELTA_BLOCK;

	if (!plan->in_place && (plan->block > 0 || plan->lead > 0))
		return ota_fail(diag, OTA_E_USAGE, "a block or lead is for patches in place");
	if (plan->in_place && !format->in_place)
		return ota_fail(diag, OTA_E_USAGE, "%s is not applied in place", format->name);
	if (block < OTA_DELTA_BLOCK_MIN || block > OTA_DELTA_BLOCK_MAX || (block & (block - 1)) > 0)
		return ota_fail(diag, OTA_E_USAGE,
				"a block of %" PRIu32 " bytes: a power of 2 from %u to %u is one",
				block, OTA_DELTA_BLOCK_MIN, OTA_DELTA_BLOCK_MAX);
	if (plan->lead % block > 0)
		return ota_fail(diag, OTA_E_USAGE,
				"a lead of %" PRIu32 " bytes is no multiple of the block, %" PRIu32,
				plan->lead, block);
	return OTA_OK;
}

enum ota_err ota_delta_check_plan(const struct ota_delta_plan *plan, struct ota_diag *diag)
{
	const struct ota_patch_format *format = ota_patch_format_named(plan->format);
	bool windows = plan->window != 0 || plan->source_window != 0;

	if (!format)
		return ota_fail(diag, OTA_E_ABSENT, "no patch format is called \"%s\"",
				plan->format);
	if (format->window_max == 0 && (windows || plan->secondary != OTA_SECONDARY_NONE))
		return ota_fail(diag, OTA_E_USAGE, "%s has no %s", format->name,
				windows ? "windows" : "secondary compression");
	if (plan->window > format->window_max)
		return ota_fail(diag, OTA_E_USAGE,
				"%" PRIu32 " bytes, at most %" PRIu32 " are a window", plan->window,
				format->window_max);
	if (check_place(plan, format, diag) != OTA_OK)
		return OTA_E_USAGE;
	if (plan->tier == OTA_DELTA_TIER_NANO && !nano_knows(plan->arch))
		return ota_fail(diag, OTA_E_USAGE, "tier nano knows Thumb code only");
	return check_code(plan, format, diag);
}

enum ota_err ota_delta_make(const struct ota_delta_plan *plan, const struct ota_index *index,
			    struct ota_span new_image, struct ota_buf *out, struct ota_diag *diag)
{
	const struct ota_patch_format *format = ota_patch_format_named(plan->format);
	size_t start = out->len;
	enum ota_err err = ota_delta_check_plan(plan, diag);

	if (err == OTA_OK && new_image.len > OTA_DELTA_MAX)
		err = ota_fail(diag, OTA_E_NO_FIT,
			       "new file is %zu bytes, at most %u can be diffed", new_image.len,
			       OTA_DELTA_MAX);
	if (err != OTA_OK)
		return err;
	err = format->encode(plan, index, new_image, out, diag);
	if (err == OTA_OK)
		err = prove(format, ota_index_old(index), new_image,
			    ota_span_tail(ota_buf_span(out), start), diag);
	if (err != OTA_OK)
		out->len = start;
	return err;
}
