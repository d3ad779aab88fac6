// SPDX-License-Identifier: Apache-2.0
/* Stands in for the other pkcs11*.c in a build without p11-kit: there are no tokens. */
#include <ota/token.h>

#include "pkcs11.h"

static enum ota_err fail_unsupported(struct ota_diag *diag)
{
	return ota_fail(diag, OTA_E_UNSUPPORTED, "this build has no PKCS#11 support");
}

bool ota_tokens_served(void)
{
	return false;
}

bool ota_token_library_version(char *text, size_t cap)
{
	if (cap > 0)
		text[0] = '\0';
	return false;
}

bool ota_token_is_uri(const char *text)
{
	return strncmp(text, "pkcs11:", strlen("pkcs11:")) == 0;
}

enum ota_err ota_token_pin_source(const char *uri, char *path, size_t cap, struct ota_diag *diag)
{
	(void)uri;
	if (cap > 0)
		path[0] = '\0';
	return fail_unsupported(diag);
}

enum ota_err ota_token_open(const char *uri, const char *module, struct ota_token **token,
			    struct ota_diag *diag)
{
	(void)uri;
	(void)module;
	*token = NULL;
	return fail_unsupported(diag);
}

bool ota_token_wants_pin(const struct ota_token *token)
{
	(void)token;
	return false;
}

const char *ota_token_label(const struct ota_token *token)
{
	(void)token;
	return "";
}

enum ota_err ota_token_key(struct ota_token *token, struct ota_span pin, struct ota_key **key,
			   struct ota_diag *diag)
{
	(void)token;
	(void)pin;
	*key = NULL;
	return fail_unsupported(diag);
}

void ota_token_close(struct ota_token *token)
{
	(void)token;
}
