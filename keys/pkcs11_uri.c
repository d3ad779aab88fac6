// SPDX-License-Identifier: Apache-2.0
/*
 * PKCS#11 URIs (RFC 7512), by p11-kit's parser. The URI itself is never put into a message: it may
 * hold a PIN.
 */
#include <stdio.h>

#include "pkcs11_token.h"

#define SCHEME      "pkcs11:"
#define FILE_SCHEME "file:"

bool ota_tokens_served(void)
{
	return true;
}

bool ota_token_is_uri(const char *text)
{
	return strncmp(text, SCHEME, strlen(SCHEME)) == 0;
}

/* Why p11-kit does not take the URI. */
static const char *parse_words(int code)
{
	switch (code) {
	case P11_KIT_URI_BAD_SCHEME:
		return "it does not start with " SCHEME;
	case P11_KIT_URI_BAD_ENCODING:
		return "a value is not percent-encoded as it should";
	case P11_KIT_URI_BAD_VERSION:
		return "library-version is not a version";
	default:
		return "an attribute is not name=value";
	}
}

enum ota_err ota_pkcs11_parse(const char *text, P11KitUri **uri, struct ota_diag *diag)
{
	enum ota_err err = ota_p11_kit_load(diag);
	int code;

	*uri = NULL;
	if (err != OTA_OK)
		return err;
	*uri = ota_p11_kit()->uri_new();
	code = *uri ? ota_p11_kit()->uri_parse(text, P11_KIT_URI_FOR_ANY, *uri)
		    : P11_KIT_URI_NO_MEMORY;
	if (code == P11_KIT_URI_NO_MEMORY)
		return ota_fail(diag, OTA_E_MEMORY, "out of memory reading a PKCS#11 URI");
	if (code != P11_KIT_URI_OK)
		return ota_fail(diag, OTA_E_MALFORMED, "not a PKCS#11 URI: %s", parse_words(code));
	if (ota_p11_kit()->uri_get_pin_value(*uri)) {
		(void)ota_fail(
			diag, OTA_E_USAGE,
			"pin-value in a PKCS#11 URI: the PIN would be seen by every process");
		ota_hint(diag, "use pin-source=FILE in the URI, --pin-file or --pin-fd");
		return OTA_E_USAGE;
	}
	/* p11-kit lets such a URI match nothing, which would look like a key that is not there. */
	if (ota_p11_kit()->uri_any_unrecognized(*uri))
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"the PKCS#11 URI has an attribute that RFC 7512 does not know");
	return OTA_OK;
}

CK_OBJECT_CLASS ota_pkcs11_uri_class(P11KitUri *uri)
{
	CK_ATTRIBUTE *attribute = ota_p11_kit()->uri_get_attribute(uri, CKA_CLASS);
	CK_OBJECT_CLASS class = CK_UNAVAILABLE_INFORMATION;

	if (attribute && attribute->ulValueLen == sizeof(class))
		memcpy(&class, attribute->pValue, sizeof(class));
	return class;
}

/* The path in a pin-source: a plain one, "file:path", "file:/path" or "file:///path". */
static const char *source_path(const char *source)
{
	if (source[0] == '|')
		return NULL;
	if (strncmp(source, FILE_SCHEME, strlen(FILE_SCHEME)) == 0) {
		source += strlen(FILE_SCHEME);
		if (strncmp(source, "//", 2) == 0) {
			source += 2;
			if (source[0] != '/') /* a host */
				return NULL;
		}
	}
	return source[0] != '\0' ? source : NULL;
}

enum ota_err ota_token_pin_source(const char *text, char *path, size_t cap, struct ota_diag *diag)
{
	P11KitUri *uri = NULL;
	const char *source = NULL;
	const char *named = NULL;
	enum ota_err err;

	if (cap > 0)
		path[0] = '\0';
	err = ota_pkcs11_parse(text, &uri, diag);
	if (err != OTA_OK)
		goto out;
	source = ota_p11_kit()->uri_get_pin_source(uri);
	if (!source) {
		err = OTA_E_ABSENT;
		goto out;
	}
	named = source_path(source);
	if (!named)
		err = ota_fail(diag, OTA_E_UNSUPPORTED,
			       "pin-source is \"%s\", only a file is taken", source);
	else if (strlen(named) >= cap)
		err = ota_fail(diag, OTA_E_ROOM, "pin-source is %zu bytes, at most %zu are taken",
			       strlen(named), cap > 0 ? cap - 1 : 0);
	else
		memcpy(path, named, strlen(named) + 1);
out:
	if (uri)
		ota_p11_kit()->uri_free(uri);
	return err;
}

/* RFC 3986: what may stand in a URI as it is. */
static bool is_unreserved(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || (byte != 0 && strchr("-._~", byte));
}

void ota_pkcs11_uri_add(char *text, size_t cap, const char *name, struct ota_span value)
{
	size_t used = strlen(text);
	bool is_id = strcmp(name, "id") == 0;
	int put = snprintf(text + used, cap - used, "%s%s=", used > 0 ? ";" : "", name);

	for (size_t i = 0; i < value.len && put > 0; i++) {
		used = strlen(text);
		if (cap - used < sizeof("%00"))
			break;
		put = snprintf(text + used, cap - used,
			       is_unreserved(value.data[i]) && !is_id ? "%c" : "%%%02x",
			       value.data[i]);
	}
}

void ota_pkcs11_list_add(struct pkcs11_list *list, const char *word)
{
	size_t used = strlen(list->text);
	size_t rest = sizeof(" and 18446744073709551615 more");

	list->n++;
	if (list->shown + 1 < list->n || strlen(word) + rest > sizeof(list->text) - 3 - used)
		return;
	ota_list_add(list->text, sizeof(list->text), word);
	list->shown++;
}

const char *ota_pkcs11_list_text(struct pkcs11_list *list)
{
	size_t used = strlen(list->text);

	if (list->shown < list->n)
		(void)snprintf(list->text + used, sizeof(list->text) - used, "%s%zu more",
			       used > 0 ? " and " : "", list->n - list->shown);
	list->shown = list->n;
	return list->text;
}
