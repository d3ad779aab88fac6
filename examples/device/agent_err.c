// SPDX-License-Identifier: Apache-2.0
#include "agent.h"

static const char *const words[] = {
	[AGENT_OK] = "ok",
	[AGENT_E_UNKNOWN] = "no patch format that is known",
	[AGENT_E_BSDIFF] = "bsdiff: its decoder needs old, new and up to 4 MB in RAM",
	[AGENT_E_NOT_BUILT] = "this build has not the patch's decoder",
	[AGENT_E_SECONDARY] = "vcdiff with secondary compression",
	[AGENT_E_WINDOW] = "vcdiff window is larger than the buffer",
	[AGENT_E_NO_CHECKSUM] = "unsigned vcdiff without checksums",
	[AGENT_E_STREAMED] = "must be stored in flash before it is applied",
	[AGENT_E_MALFORMED] = "malformed or truncated",
	[AGENT_E_UNSIGNED] = "not signed",
	[AGENT_E_DAMAGED] = "the update is damaged",
	[AGENT_E_SIGNATURE] = "signature does not verify",
	[AGENT_E_DEVICE] = "for another vendor or class",
	[AGENT_E_COUNTER] = "security counter is too low",
	[AGENT_E_WRONG_BASE] = "for another old image",
	[AGENT_E_SLOTS] = "made for a device with another number of slots",
	[AGENT_E_NO_FIT] = "new image does not fit",
	[AGENT_E_DONE] = "has been done already",
	[AGENT_E_ON_TRIAL] = "the image that runs is not confirmed",
	[AGENT_E_OTHER] = "another update is half done in place",
	[AGENT_E_PAGE] = "page, write unit and sector do not go together",
	[AGENT_E_SECTORS] = "block or journal is not whole sectors",
	[AGENT_E_JOURNAL] = "journal is too small, there is none, or every is 0",
	[AGENT_E_PATCH_PLACE] = "patch lies where the new image goes",
	[AGENT_E_FLASH] = "flash failed",
	[AGENT_E_STREAM] = "patch source failed",
	[AGENT_E_PATCH_BROKEN] = "the patch is broken",
	[AGENT_E_RESULT] = "new image is not what was promised",
	[AGENT_E_TRAILER] = "slot trailer is not mcuboot's",
};

_Static_assert(sizeof(words) / sizeof(words[0]) == AGENT_ERRORS, "words for every error");

const char *agent_err_str(enum agent_err err)
{
	return (unsigned)err < AGENT_ERRORS ? words[err] : "unknown";
}
