// SPDX-License-Identifier: Apache-2.0
#include <inttypes.h>
#include <stdio.h>

#include <ota/number.h>

#include "matrix_words.h"

const char *ota_matrix_version_text(const struct ota_version *version,
				    char text[OTA_MATRIX_VERSION_TEXT_MAX])
{
	int len = snprintf(text, OTA_MATRIX_VERSION_TEXT_MAX, "%u.%u.%u", version->major,
			   version->minor, version->revision);

	if (version->build != 0)
		(void)snprintf(text + len, OTA_MATRIX_VERSION_TEXT_MAX - (size_t)len, "+%" PRIu32,
			       version->build);
	return text;
}

static int compare(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int ota_matrix_version_compare(const struct ota_version *a, const struct ota_version *b)
{
	int order = compare(a->major, b->major);

	if (order == 0)
		order = compare(a->minor, b->minor);
	if (order == 0)
		order = compare(a->revision, b->revision);
	return order != 0 ? order : compare(a->build, b->build);
}

const char *ota_matrix_secondary_word(enum ota_secondary secondary)
{
	switch (secondary) {
	case OTA_SECONDARY_NONE:
		return "none";
	case OTA_SECONDARY_LZMA:
		return "lzma";
	}
	return "none";
}

const char *ota_matrix_tier_word(enum ota_delta_tier tier)
{
	switch (tier) {
	case OTA_DELTA_TIER_AUTO:
		return "auto";
	case OTA_DELTA_TIER_XS:
		return "xs";
	case OTA_DELTA_TIER_M:
		return "m";
	case OTA_DELTA_TIER_NANO:
		return "nano";
	}
	return "auto";
}

const char *ota_matrix_arch_word(enum ota_delta_arch arch)
{
	switch (arch) {
	case OTA_DELTA_ARCH_AUTO:
		return "auto";
	case OTA_DELTA_ARCH_NONE:
		return "none";
	case OTA_DELTA_ARCH_THUMB:
		return "thumb";
	case OTA_DELTA_ARCH_RV32:
		return "rv32";
	case OTA_DELTA_ARCH_XTENSA:
		return "xtensa";
	}
	return "auto";
}

const char *ota_matrix_applier_word(enum ota_applier applier)
{
	switch (applier) {
	case OTA_APPLIED_AS_PROFILE:
		return "profile";
	case OTA_APPLIED_BY_GATEWAY:
		return "gateway";
	case OTA_APPLIED_ON_DEVICE:
		return "device";
	}
	return "profile";
}

bool ota_matrix_pairs_read(const char *pairs, size_t *last)
{
	static const char *const words[] = {"sequential", "latest", "all", "from"};
	static const char prefix[] = "last=";
	uint64_t k = 0;

	*last = 0;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(pairs, words[i]) == 0)
			return true;
	}
	if (strncmp(pairs, prefix, strlen(prefix)) != 0)
		return false;
	pairs += strlen(prefix);
	if (ota_number_parse(ota_span_of(pairs, strlen(pairs)), OTA_MATRIX_VERSIONS_MAX, &k) !=
		    OTA_OK ||
	    k == 0)
		return false;
	*last = (size_t)k;
	return true;
}
