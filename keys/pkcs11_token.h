// SPDX-License-Identifier: Apache-2.0
/*
 * Shared by the files pkcs11*.c: a token with an open session. The names of PKCS#11 (OASIS, v2.40
 * and v3.0) are used for everything PKCS#11.
 */
#ifndef PKCS11_TOKEN_H
#define PKCS11_TOKEN_H

#include <openssl/evp.h>

#include <ota/token.h>

#include "p11_kit_load.h"

struct ota_token {
	P11KitUri *uri;
	CK_FUNCTION_LIST *module;
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;
	char label[sizeof(((CK_TOKEN_INFO *)0)->label) + 1];
	CK_SESSION_HANDLE session;
	bool is_initialised;
	bool is_open;
	bool is_logged_in;
	/* The rest is of the private key, once there is one. */
	CK_OBJECT_HANDLE private_key;
	CK_MECHANISM_TYPE mechanism;
	size_t sig_len;  /* bytes of a signature as the token makes it */
	bool asks_again; /* CKA_ALWAYS_AUTHENTICATE: a login for every signature */
	uint8_t *pin;    /* guarded memory of libsodium; only for a key that asks again */
	size_t pin_len;
};

/* -- pkcs11.c ---------------------------------------------------------------------------------- */

/* PKCS#11 has no const; what is handed over by this is only read. */
CK_BYTE *ota_pkcs11_bytes(const void *bytes);

/* Puts what the function answered into words, as OTA_E_CRYPTO: "token x: C_Sign gives CKR_..." */
enum ota_err ota_pkcs11_fail(const struct ota_token *token, const char *function, CK_RV rv,
			     struct ota_diag *diag);

/* Logs in once more for one signature: after C_SignInit with a key that asks again. */
OTA_MUST_CHECK enum ota_err ota_pkcs11_login_again(const struct ota_token *token,
						   struct ota_diag *diag);

/* Logs in when `pin` is not empty or the reader has a pad of its own to ask with. */
OTA_MUST_CHECK enum ota_err ota_pkcs11_login(struct ota_token *token, struct ota_span pin,
					     struct ota_diag *diag);

/* -- pkcs11_uri.c ------------------------------------------------------------------------------ */

/*
 * Parses a URI and refuses what no one should use. Loads p11-kit, for everything that is done with
 * a URI begins here. The caller owns `*uri`.
 */
OTA_MUST_CHECK enum ota_err ota_pkcs11_parse(const char *text, P11KitUri **uri,
					     struct ota_diag *diag);

/* The class of objects that the URI's type= names; CK_UNAVAILABLE_INFORMATION when none. */
CK_OBJECT_CLASS ota_pkcs11_uri_class(P11KitUri *uri);

/*
 * Appends "name=value" to `text` of `cap` bytes as it stands in a URI, behind a ";" unless it is
 * the first; of an id every byte is percent-encoded. What does not fit whole is cut off.
 */
void ota_pkcs11_uri_add(char *text, size_t cap, const char *name, struct ota_span value);

/* Words for a message: as many as fit, and a count of the others. */
struct pkcs11_list {
	char text[200];
	size_t n;
	size_t shown;
};

void ota_pkcs11_list_add(struct pkcs11_list *list, const char *word);

/* The list's words for a message. Borrowed. */
const char *ota_pkcs11_list_text(struct pkcs11_list *list);

/* -- pkcs11_public.c --------------------------------------------------------------------------- */

/*
 * Reads an attribute of at most `cap` bytes. OTA_E_ABSENT, without words: the object has none, it
 * is not to be read, or is longer. OTA_E_CRYPTO: the module failed.
 */
OTA_MUST_CHECK enum ota_err ota_pkcs11_attribute(const struct ota_token *token,
						 CK_OBJECT_HANDLE object, CK_ATTRIBUTE *attribute,
						 struct ota_diag *diag);

/* The kind of key in words: "ecdsa-p256", "rsa-2048", "key type 0x21". */
void ota_pkcs11_kind(const struct ota_token *token, CK_OBJECT_HANDLE object, CK_KEY_TYPE type,
		     char *text, size_t cap);

/*
 * The public key from the object's own attributes: modulus and exponent, or curve and point.
 * OTA_E_ABSENT, without words: it has none. The caller owns `*pkey`.
 */
OTA_MUST_CHECK enum ota_err ota_pkcs11_public(const struct ota_token *token,
					      CK_OBJECT_HANDLE object, CK_KEY_TYPE type,
					      EVP_PKEY **pkey, struct ota_diag *diag);

/* The public key from CKA_PUBLIC_KEY_INFO; otherwise as above. */
OTA_MUST_CHECK enum ota_err ota_pkcs11_public_info(const struct ota_token *token,
						   CK_OBJECT_HANDLE object, EVP_PKEY **pkey,
						   struct ota_diag *diag);

#endif
