// SPDX-License-Identifier: Apache-2.0
/* Files that people give to a patch tool and that are no patch of ours. */
#ifndef PATCH_STRANGERS_H
#define PATCH_STRANGERS_H

#include <ota/bytes.h>
#include <ota/diag.h>

/*
 * Says what `file`, which is none of our formats, seems to be. OTA_E_TRUNCATED: empty, or fewer
 * bytes than any patch has. OTA_E_UNSUPPORTED: anything else. Never OTA_OK.
 */
OTA_MUST_CHECK enum ota_err ota_patch_stranger(struct ota_span file, struct ota_diag *diag);

#endif
