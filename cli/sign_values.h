// SPDX-License-Identifier: Apache-2.0
/* The texts that sign's options take, turned into what an image is built from. */
#ifndef CLI_SIGN_VALUES_H
#define CLI_SIGN_VALUES_H

#include <ota/image.h>
#include <ota/uuid.h>

#include "cli.h"

/* Arrays and bytes that a plan borrows. Zeroed, it is empty. */
struct sign_values {
	struct ota_dependency *dependencies;
	struct ota_custom_tlv *custom_tlvs;
	struct ota_buf *bytes; /* one for each custom TLV that is hex or a file */
	size_t n_bytes;
	uint8_t vid[OTA_UUID_SIZE];
	uint8_t cid[OTA_UUID_SIZE];
};

/* "1.2.3+4"; a newline at the end is tolerated, as imgtool does. */
enum cli_exit sign_version(const char *text, struct ota_version *version);

/* imgtool's "auto": major, minor and revision; the build does not count. */
uint32_t sign_auto_counter(const struct ota_version *version);

/*
 * "(1, 1.2.3+4)(2,0.9)"; fills plan->dependencies, owned by `values`. With `lenient` it is read as
 * imgtool does, which skips whatever it does not know, and warned about.
 */
enum cli_exit sign_dependencies(const char *text, bool lenient, struct sign_values *values,
				struct ota_image_plan *plan);

/*
 * All --custom-tlv TAG VALUE of `args` in order, then all --custom-tlv-file TAG FILE. A VALUE that
 * starts with 0x is hex, anything else is text. Fills plan->custom_tlvs, owned by `values`.
 */
enum cli_exit sign_custom_tlvs(const struct cli_args *args, unsigned value_option,
			       unsigned file_option, struct sign_values *values,
			       struct ota_image_plan *plan);

/* --vid and --cid (NULL: not given): a UUID, or a name. Fills plan->vid and plan->cid. */
enum cli_exit sign_uuids(const char *vid, const char *cid, struct sign_values *values,
			 struct ota_image_plan *plan);

void sign_values_free(struct sign_values *values);

#endif
