// SPDX-License-Identifier: Apache-2.0
/*
 * Keys in tokens: the module, the token, the session, the login. The module is the one that is
 * named; the machine's p11-kit configuration is not looked at.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "pkcs11.h"
#include "pkcs11_token.h"

#define MAX_SLOTS 256U

/* The usual answers by name; the others get their number. */
#define RV(name)                                                                                   \
	{                                                                                          \
		name, #name                                                                        \
	}
static const struct {
	CK_RV rv;
	const char *name;
} rv_names[] = {
	RV(CKR_CANCEL),
	RV(CKR_HOST_MEMORY),
	RV(CKR_SLOT_ID_INVALID),
	RV(CKR_GENERAL_ERROR),
	RV(CKR_FUNCTION_FAILED),
	RV(CKR_ARGUMENTS_BAD),
	RV(CKR_NEED_TO_CREATE_THREADS),
	RV(CKR_CANT_LOCK),
	RV(CKR_ATTRIBUTE_SENSITIVE),
	RV(CKR_ATTRIBUTE_TYPE_INVALID),
	RV(CKR_ATTRIBUTE_VALUE_INVALID),
	RV(CKR_ACTION_PROHIBITED),
	RV(CKR_DATA_INVALID),
	RV(CKR_DATA_LEN_RANGE),
	RV(CKR_DEVICE_ERROR),
	RV(CKR_DEVICE_MEMORY),
	RV(CKR_DEVICE_REMOVED),
	RV(CKR_FUNCTION_CANCELED),
	RV(CKR_FUNCTION_NOT_SUPPORTED),
	RV(CKR_KEY_HANDLE_INVALID),
	RV(CKR_KEY_SIZE_RANGE),
	RV(CKR_KEY_TYPE_INCONSISTENT),
	RV(CKR_KEY_FUNCTION_NOT_PERMITTED),
	RV(CKR_MECHANISM_INVALID),
	RV(CKR_MECHANISM_PARAM_INVALID),
	RV(CKR_OBJECT_HANDLE_INVALID),
	RV(CKR_OPERATION_ACTIVE),
	RV(CKR_OPERATION_NOT_INITIALIZED),
	RV(CKR_PIN_INCORRECT),
	RV(CKR_PIN_INVALID),
	RV(CKR_PIN_LEN_RANGE),
	RV(CKR_PIN_EXPIRED),
	RV(CKR_PIN_LOCKED),
	RV(CKR_SESSION_CLOSED),
	RV(CKR_SESSION_COUNT),
	RV(CKR_SESSION_HANDLE_INVALID),
	RV(CKR_TEMPLATE_INCONSISTENT),
	RV(CKR_TOKEN_NOT_PRESENT),
	RV(CKR_TOKEN_NOT_RECOGNIZED),
	RV(CKR_USER_NOT_LOGGED_IN),
	RV(CKR_USER_PIN_NOT_INITIALIZED),
	RV(CKR_USER_TYPE_INVALID),
	RV(CKR_USER_ANOTHER_ALREADY_LOGGED_IN),
	RV(CKR_USER_TOO_MANY_TYPES),
	RV(CKR_RANDOM_NO_RNG),
	RV(CKR_CURVE_NOT_SUPPORTED),
	RV(CKR_BUFFER_TOO_SMALL),
	RV(CKR_CRYPTOKI_NOT_INITIALIZED),
	RV(CKR_CRYPTOKI_ALREADY_INITIALIZED),
	RV(CKR_MUTEX_BAD),
	RV(CKR_FIPS_SELF_TEST_FAILED),
	RV(CKR_LIBRARY_LOAD_FAILED),
	RV(CKR_FUNCTION_REJECTED),
};

/* The answer's name, or its number in `text`. */
static const char *rv_name(CK_RV rv, char *text, size_t cap)
{
	for (size_t i = 0; i < sizeof(rv_names) / sizeof(rv_names[0]); i++) {
		if (rv_names[i].rv == rv)
			return rv_names[i].name;
	}
	(void)snprintf(text, cap, "CK_RV 0x%lx", (unsigned long)rv);
	return text;
}

CK_BYTE *ota_pkcs11_bytes(const void *bytes)
{
	union {
		const void *in;
		CK_BYTE *out;
	} same = {bytes};

	return same.out;
}

enum ota_err ota_pkcs11_fail(const struct ota_token *token, const char *function, CK_RV rv,
			     struct ota_diag *diag)
{
	char number[32];
	const char *name = rv_name(rv, number, sizeof(number));

	if (!token->is_open)
		return ota_fail(diag, OTA_E_CRYPTO, "PKCS#11 module: %s gives %s", function, name);
	return ota_fail(diag, OTA_E_CRYPTO, "token %s: %s gives %s", token->label, function, name);
}

bool ota_token_library_version(char *text, size_t cap)
{
	/* The one it was built with: p11-kit does not tell at run time, nor is it loaded here. */
	(void)snprintf(text, cap, "p11-kit %s", OTA_P11KIT_VERSION);
	return true;
}

/* What dlopen said, without p11-kit's own words and the path before it. */
static const char *load_words(const char *path)
{
	const char *words = ota_p11_kit()->message();
	const char *at = words;

	if (!words)
		return "it cannot be loaded";
	while ((at = strstr(at, path)) != NULL) {
		at += strlen(path);
		if (strncmp(at, ": ", 2) == 0)
			words = at + 2;
	}
	return words;
}

/* The module's path: the URI's, else the caller's. */
static enum ota_err choose_module(const struct ota_token *token, const char *module,
				  const char **path, struct ota_diag *diag)
{
	const char *name = ota_p11_kit()->uri_get_module_name(token->uri);

	*path = ota_p11_kit()->uri_get_module_path(token->uri);
	if (!*path)
		*path = module;
	if (*path && (*path)[0] != '\0')
		return OTA_OK;
	if (name)
		(void)ota_fail(diag, OTA_E_UNSUPPORTED,
			       "module-name=%s in a PKCS#11 URI: only module-path is taken", name);
	else
		(void)ota_fail(diag, OTA_E_USAGE, "no PKCS#11 module is named");
	ota_hint(diag, "use --pkcs11-module FILE, PKCS11_MODULE_PATH or module-path= in the URI");
	return name ? OTA_E_UNSUPPORTED : OTA_E_USAGE;
}

static enum ota_err load(struct ota_token *token, const char *module, struct ota_diag *diag)
{
	const char *path = NULL;
	enum ota_err err = choose_module(token, module, &path, diag);
	CK_RV rv;

	if (err != OTA_OK)
		return err;
	/* p11-kit would look for it in a folder of its own, dlopen in several. */
	if (path[0] != '/') {
		(void)ota_fail(diag, OTA_E_IO, "PKCS#11 module %s: not an absolute path", path);
		ota_hint(diag, "give the module's whole path, from / on");
		return OTA_E_IO;
	}
	/* A managed one: several keys may share it, the last one finalizes it. */
	token->module = ota_p11_kit()->module_load(path, 0);
	if (!token->module)
		return ota_fail(diag, OTA_E_IO, "PKCS#11 module %s: %s", path, load_words(path));
	rv = ota_p11_kit()->module_initialize(token->module);
	if (rv != CKR_OK)
		return ota_pkcs11_fail(token, "C_Initialize", rv, diag);
	token->is_initialised = true;
	return OTA_OK;
}

/* A text of the token's, filled up with blanks; some modules end it with a zero. */
static struct ota_span padded(const unsigned char *text, size_t len)
{
	const unsigned char *end = memchr(text, '\0', len);

	if (end)
		len = (size_t)(end - text);
	while (len > 0 && text[len - 1] == ' ')
		len--;
	return ota_span_of(text, len);
}

/* "token=a;serial=1", to be pasted into a URI. */
static void token_words(const CK_TOKEN_INFO *info, char *text, size_t cap)
{
	struct ota_span serial = padded(info->serialNumber, sizeof(info->serialNumber));

	text[0] = '\0';
	ota_pkcs11_uri_add(text, cap, "token", padded(info->label, sizeof(info->label)));
	if (serial.len > 0)
		ota_pkcs11_uri_add(text, cap, "serial", serial);
}

/* The label for people: what would move a terminal's cursor is replaced. */
static void keep_label(struct ota_token *token)
{
	struct ota_span label = padded(token->info.label, sizeof(token->info.label));

	memcpy(token->label, label.data, label.len);
	for (size_t i = 0; i < label.len; i++) {
		if (label.data[i] < ' ' || label.data[i] == 0x7f)
			token->label[i] = '?';
	}
	token->label[label.len] = '\0';
}

static bool slot_fits(const struct ota_token *token, CK_SLOT_ID slot, const CK_TOKEN_INFO *info)
{
	CK_SLOT_ID wanted = ota_p11_kit()->uri_get_slot_id(token->uri);
	CK_SLOT_INFO slot_info;
	CK_INFO module_info;

	memset(&slot_info, 0, sizeof(slot_info));
	memset(&module_info, 0, sizeof(module_info));
	(void)token->module->C_GetSlotInfo(slot, &slot_info);
	(void)token->module->C_GetInfo(&module_info);
	return (wanted == CK_UNAVAILABLE_INFORMATION || wanted == slot) &&
	       ota_p11_kit()->uri_match_token_info(token->uri, info) == 1 &&
	       ota_p11_kit()->uri_match_slot_info(token->uri, &slot_info) == 1 &&
	       ota_p11_kit()->uri_match_module_info(token->uri, &module_info) == 1;
}

/* The slots that hold a token. The first call lets the module look again at its readers. */
static enum ota_err list_slots(const struct ota_token *token, CK_SLOT_ID *slots, CK_ULONG *n,
			       struct ota_diag *diag)
{
	CK_RV rv = token->module->C_GetSlotList(CK_TRUE, NULL, n);

	*n = MAX_SLOTS;
	if (rv == CKR_OK)
		rv = token->module->C_GetSlotList(CK_TRUE, slots, n);
	if (rv == CKR_BUFFER_TOO_SMALL || *n > MAX_SLOTS)
		return ota_fail(diag, OTA_E_UNSUPPORTED, "PKCS#11 module has more than %u tokens",
				MAX_SLOTS);
	return rv == CKR_OK ? OTA_OK : ota_pkcs11_fail(token, "C_GetSlotList", rv, diag);
}

static enum ota_err judge_tokens(struct pkcs11_list *fit, struct pkcs11_list *all,
				 struct ota_diag *diag)
{
	if (fit->n == 1)
		return OTA_OK;
	if (fit->n > 1) {
		size_t n = fit->n;

		(void)ota_fail(diag, OTA_E_USAGE, "%zu tokens fit the PKCS#11 URI: %s", n,
			       ota_pkcs11_list_text(fit));
		ota_hint(diag, "add token= or serial= to the URI");
		return OTA_E_USAGE;
	}
	if (all->n == 0)
		return ota_fail(diag, OTA_E_ABSENT, "the PKCS#11 module has no token");
	return ota_fail(diag, OTA_E_ABSENT, "no token fits the PKCS#11 URI, there is %s",
			ota_pkcs11_list_text(all));
}

/* The one token that the URI means; those not yet initialised are passed over. */
static enum ota_err find_token(struct ota_token *token, struct ota_diag *diag)
{
	CK_SLOT_ID slots[MAX_SLOTS] = {0};
	struct pkcs11_list fit = {.n = 0};
	struct pkcs11_list all = {.n = 0};
	CK_ULONG n = 0;
	enum ota_err err = list_slots(token, slots, &n, diag);

	if (err != OTA_OK)
		return err;
	for (CK_ULONG i = 0; i < n; i++) {
		CK_TOKEN_INFO info;
		char words[160];
		char number[32];
		CK_RV rv;

		memset(&info, 0, sizeof(info));
		rv = token->module->C_GetTokenInfo(slots[i], &info);
		if (rv != CKR_OK) {
			(void)snprintf(words, sizeof(words), "slot-id=%lu (%s)",
				       (unsigned long)slots[i],
				       rv_name(rv, number, sizeof(number)));
			ota_pkcs11_list_add(&all, words);
			continue;
		}
		if (!(info.flags & CKF_TOKEN_INITIALIZED))
			continue;
		token_words(&info, words, sizeof(words));
		ota_pkcs11_list_add(&all, words);
		if (!slot_fits(token, slots[i], &info))
			continue;
		ota_pkcs11_list_add(&fit, words);
		token->slot = slots[i];
		token->info = info;
	}
	return judge_tokens(&fit, &all, diag);
}

/* A URI may name a certificate or data: nothing that signs. */
static enum ota_err check_class(const struct ota_token *token, struct ota_diag *diag)
{
	CK_OBJECT_CLASS class = ota_pkcs11_uri_class(token->uri);

	if (class == CK_UNAVAILABLE_INFORMATION || class == CKO_PRIVATE_KEY ||
	    class == CKO_PUBLIC_KEY)
		return OTA_OK;
	return ota_fail(diag, OTA_E_USAGE,
			"type= in the PKCS#11 URI is neither private nor public");
}

enum ota_err ota_token_open(const char *uri, const char *module, struct ota_token **out,
			    struct ota_diag *diag)
{
	struct ota_token *token = calloc(1, sizeof(*token));
	enum ota_err err;
	CK_RV rv;

	*out = NULL;
	if (!token)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory opening a token");
	err = ota_pkcs11_parse(uri, &token->uri, diag);
	if (err == OTA_OK)
		err = check_class(token, diag);
	if (err == OTA_OK)
		err = load(token, module, diag);
	if (err == OTA_OK)
		err = find_token(token, diag);
	if (err != OTA_OK)
		goto out;
	keep_label(token);
	rv = token->module->C_OpenSession(token->slot, CKF_SERIAL_SESSION, NULL, NULL,
					  &token->session);
	if (rv != CKR_OK) {
		err = ota_pkcs11_fail(token, "C_OpenSession", rv, diag);
		goto out;
	}
	token->is_open = true;
	*out = token;
	token = NULL;
out:
	ota_token_close(token);
	return err;
}

bool ota_token_wants_pin(const struct ota_token *token)
{
	return (token->info.flags & CKF_LOGIN_REQUIRED) &&
	       !(token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) &&
	       ota_pkcs11_uri_class(token->uri) != CKO_PUBLIC_KEY;
}

const char *ota_token_label(const struct ota_token *token)
{
	return token->label;
}

/* Words for a wrong PIN: how many tries are left is what one must know before the next. */
static enum ota_err fail_pin(const struct ota_token *token, CK_RV rv, struct ota_diag *diag)
{
	const char *tries = "";
	CK_TOKEN_INFO info;

	memset(&info, 0, sizeof(info));
	(void)token->module->C_GetTokenInfo(token->slot, &info);
	if (info.flags & CKF_USER_PIN_LOCKED)
		tries = ", and it is locked now";
	else if (info.flags & CKF_USER_PIN_FINAL_TRY)
		tries = ", one more wrong PIN locks it";
	else if (info.flags & CKF_USER_PIN_COUNT_LOW)
		tries = ", few tries are left before it locks";
	if (rv != CKR_PIN_INCORRECT)
		return ota_fail(diag, OTA_E_REFUSED,
				"PIN for token %s is not of %lu to %lu bytes as it must%s",
				token->label, (unsigned long)token->info.ulMinPinLen,
				(unsigned long)token->info.ulMaxPinLen, tries);
	return ota_fail(diag, OTA_E_REFUSED, "wrong PIN for token %s (CKR_PIN_INCORRECT)%s",
			token->label, tries);
}

static enum ota_err judge_login(const struct ota_token *token, CK_RV rv, struct ota_diag *diag)
{
	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
		return OTA_OK;
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE || rv == CKR_PIN_INVALID)
		return fail_pin(token, rv, diag);
	if (rv != CKR_PIN_LOCKED)
		return ota_pkcs11_fail(token, "C_Login", rv, diag);
	(void)ota_fail(diag, OTA_E_CRYPTO, "token %s: its PIN is locked (CKR_PIN_LOCKED)",
		       token->label);
	ota_hint(diag, "only the token's security officer can unlock it, with the SO PIN");
	return OTA_E_CRYPTO;
}

enum ota_err ota_pkcs11_login_again(const struct ota_token *token, struct ota_diag *diag)
{
	CK_RV rv = token->module->C_Login(token->session, CKU_CONTEXT_SPECIFIC, token->pin,
					  (CK_ULONG)token->pin_len);

	return judge_login(token, rv, diag);
}

enum ota_err ota_pkcs11_login(struct ota_token *token, struct ota_span pin, struct ota_diag *diag)
{
	bool asks_itself = (token->info.flags & CKF_LOGIN_REQUIRED) &&
			   (token->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) &&
			   ota_pkcs11_uri_class(token->uri) != CKO_PUBLIC_KEY;
	CK_RV rv;

	if (pin.len == 0 && !asks_itself)
		return OTA_OK;
	rv = token->module->C_Login(token->session, CKU_USER,
				    pin.len > 0 ? ota_pkcs11_bytes(pin.data) : NULL,
				    (CK_ULONG)pin.len);
	token->is_logged_in = rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN;
	return judge_login(token, rv, diag);
}

void ota_token_close(struct ota_token *token)
{
	if (!token)
		return;
	/*
	 * Closing the last session logs out (PKCS#11 v2.40, 5.6); C_Logout would take the login
	 * away from another key of this process too.
	 */
	if (token->is_open)
		(void)token->module->C_CloseSession(token->session);
	if (token->is_initialised)
		(void)ota_p11_kit()->module_finalize(token->module);
	if (token->module)
		ota_p11_kit()->module_release(token->module);
	if (token->uri)
		ota_p11_kit()->uri_free(token->uri);
	sodium_free(token->pin);
	free(token);
}
