// SPDX-License-Identifier: Apache-2.0
/*
 * Finds a key in a token and signs with it. Objects are searched for by their class alone and
 * compared here: not every token searches well by other attributes.
 */
#include <stdio.h>
#include <stdlib.h>

#include <sodium.h>

#include "key_ops.h"
#include "pkcs11_token.h"

#define ID_MAX    256U /* bytes; an object with a longer one is as one without */
#define LABEL_MAX 256U
#define BATCH     32U /* handles asked for at a time */
#define PSS_SALT  32U /* bytes; imgtool's, and all that bootutil verifies */

struct object {
	CK_OBJECT_HANDLE handle;
	CK_KEY_TYPE type;
	uint8_t id[ID_MAX];
	size_t id_len;
	uint8_t label[LABEL_MAX];
	size_t label_len;
};

struct search {
	CK_OBJECT_CLASS class;
	CK_KEY_TYPE type;      /* CK_UNAVAILABLE_INFORMATION: any */
	struct ota_span id;    /* NULL: any */
	struct ota_span label; /* NULL: any */
	size_t n;              /* that fit */
	struct object first;   /* of these */
	struct pkcs11_list fit;
	struct pkcs11_list all;
};

/* An attribute's length; 0 when the object has none. */
static enum ota_err read_text(const struct ota_token *token, CK_OBJECT_HANDLE object,
			      CK_ATTRIBUTE attribute, size_t *len, struct ota_diag *diag)
{
	enum ota_err err = ota_pkcs11_attribute(token, object, &attribute, diag);

	*len = err == OTA_OK ? attribute.ulValueLen : 0;
	return err == OTA_E_ABSENT ? OTA_OK : err;
}

static enum ota_err read_object(const struct ota_token *token, struct object *object,
				struct ota_diag *diag)
{
	CK_ATTRIBUTE type = {CKA_KEY_TYPE, &object->type, sizeof(object->type)};
	CK_ATTRIBUTE id = {CKA_ID, object->id, sizeof(object->id)};
	CK_ATTRIBUTE label = {CKA_LABEL, object->label, sizeof(object->label)};
	size_t len = 0;
	enum ota_err err = read_text(token, object->handle, type, &len, diag);

	if (err == OTA_OK && len != sizeof(object->type))
		object->type = CK_UNAVAILABLE_INFORMATION;
	if (err == OTA_OK)
		err = read_text(token, object->handle, id, &object->id_len, diag);
	if (err == OTA_OK)
		err = read_text(token, object->handle, label, &object->label_len, diag);
	return err;
}

/* "object=release;id=%01 (ecdsa-p256)", to be pasted into a URI. */
static void object_words(const struct ota_token *token, const struct object *object, char *text,
			 size_t cap)
{
	char kind[32];
	size_t used;

	text[0] = '\0';
	ota_pkcs11_kind(token, object->handle, object->type, kind, sizeof(kind));
	if (object->label_len > 0)
		ota_pkcs11_uri_add(text, cap, "object",
				   ota_span_of(object->label, object->label_len));
	if (object->id_len > 0)
		ota_pkcs11_uri_add(text, cap, "id", ota_span_of(object->id, object->id_len));
	used = strlen(text);
	(void)snprintf(text + used, cap - used, " (%s)", kind);
}

static bool object_fits(const struct search *search, const struct object *object)
{
	return (search->type == CK_UNAVAILABLE_INFORMATION || search->type == object->type) &&
	       (!search->id.data ||
		ota_span_equal(search->id, ota_span_of(object->id, object->id_len))) &&
	       (!search->label.data ||
		ota_span_equal(search->label, ota_span_of(object->label, object->label_len)));
}

static enum ota_err look_at(const struct ota_token *token, CK_OBJECT_HANDLE handle,
			    struct search *search, struct ota_diag *diag)
{
	struct object object = {.handle = handle};
	char words[160];
	enum ota_err err = read_object(token, &object, diag);

	if (err != OTA_OK)
		return err;
	object_words(token, &object, words, sizeof(words));
	ota_pkcs11_list_add(&search->all, words);
	if (!object_fits(search, &object))
		return OTA_OK;
	ota_pkcs11_list_add(&search->fit, words);
	if (search->n++ == 0)
		search->first = object;
	return OTA_OK;
}

static enum ota_err find(const struct ota_token *token, struct search *search,
			 struct ota_diag *diag)
{
	CK_OBJECT_HANDLE handles[BATCH];
	CK_ATTRIBUTE class = {CKA_CLASS, &search->class, sizeof(search->class)};
	enum ota_err err = OTA_OK;
	CK_ULONG n = 0;
	CK_RV rv = token->module->C_FindObjectsInit(token->session, &class, 1);

	if (rv != CKR_OK)
		return ota_pkcs11_fail(token, "C_FindObjectsInit", rv, diag);
	do {
		n = 0;
		rv = token->module->C_FindObjects(token->session, handles, BATCH, &n);
		if (rv != CKR_OK || n > BATCH)
			err = ota_pkcs11_fail(token, "C_FindObjects",
					      rv != CKR_OK ? rv : CKR_GENERAL_ERROR, diag);
		for (CK_ULONG i = 0; i < n && err == OTA_OK; i++)
			err = look_at(token, handles[i], search, diag);
	} while (n > 0 && err == OTA_OK);
	(void)token->module->C_FindObjectsFinal(token->session);
	return err;
}

/* The value of an attribute of the URI; NULL when it has none. */
static struct ota_span uri_value(const struct ota_token *token, CK_ATTRIBUTE_TYPE type)
{
	CK_ATTRIBUTE *attribute = ota_p11_kit()->uri_get_attribute(token->uri, type);

	if (!attribute)
		return ota_span_of(NULL, 0);
	return ota_span_of(attribute->pValue ? attribute->pValue : "", attribute->ulValueLen);
}

/* Finds the keys of a class that the URI means. */
static enum ota_err find_by_uri(const struct ota_token *token, CK_OBJECT_CLASS class,
				struct search *search, struct ota_diag *diag)
{
	*search = (struct search){.class = class,
				  .type = CK_UNAVAILABLE_INFORMATION,
				  .id = uri_value(token, CKA_ID),
				  .label = uri_value(token, CKA_LABEL)};
	return find(token, search, diag);
}

static enum ota_err fail_several(const struct ota_token *token, struct search *search,
				 struct ota_diag *diag)
{
	(void)ota_fail(diag, OTA_E_USAGE, "token %s: %zu keys fit the PKCS#11 URI: %s",
		       token->label, search->n, ota_pkcs11_list_text(&search->fit));
	ota_hint(diag, "add %s to the URI",
		 search->label.data ? "id=" : "object= or id=, as listed,");
	return OTA_E_USAGE;
}

static enum ota_err fail_absent(const struct ota_token *token, struct search *search,
				struct ota_diag *diag)
{
	if (search->all.n == 0)
		(void)ota_fail(diag, OTA_E_ABSENT, "token %s: no %skey in it", token->label,
			       search->class == CKO_PRIVATE_KEY ? "private " : "");
	else
		(void)ota_fail(diag, OTA_E_ABSENT,
			       "token %s: no key fits the PKCS#11 URI, there is %s", token->label,
			       ota_pkcs11_list_text(&search->all));
	if (ota_token_wants_pin(token) && !token->is_logged_in)
		ota_hint(diag, "private keys are seen with the PIN only: use --pin-file");
	return OTA_E_ABSENT;
}

static enum ota_err check_type(const struct ota_token *token, const struct object *object,
			       struct ota_diag *diag)
{
	char words[160];

	if (object->type == CKK_RSA || object->type == CKK_EC || object->type == CKK_EC_EDWARDS)
		return OTA_OK;
	object_words(token, object, words, sizeof(words));
	return ota_fail(diag, OTA_E_UNSUPPORTED, "token %s: %s is not an ECDSA, RSA or Ed25519 key",
			token->label, words);
}

/*
 * The one object that the URI means: of the private keys, and when none fits, of the public ones;
 * `is_private` says which it was.
 */
static enum ota_err find_key(const struct ota_token *token, struct object *object, bool *is_private,
			     struct ota_diag *diag)
{
	CK_OBJECT_CLASS class = ota_pkcs11_uri_class(token->uri);
	struct search private_keys = {.n = 0};
	struct search public_keys = {.n = 0};
	struct search *found = NULL;
	enum ota_err err = OTA_OK;

	if (class != CKO_PUBLIC_KEY)
		err = find_by_uri(token, CKO_PRIVATE_KEY, &private_keys, diag);
	if (err == OTA_OK && class != CKO_PRIVATE_KEY && private_keys.n == 0)
		err = find_by_uri(token, CKO_PUBLIC_KEY, &public_keys, diag);
	if (err != OTA_OK)
		return err;
	*is_private = private_keys.n > 0;
	found = *is_private || class == CKO_PRIVATE_KEY ? &private_keys : &public_keys;
	if (found->n > 1)
		return fail_several(token, found, diag);
	if (found->n == 0)
		return fail_absent(token, private_keys.all.n > 0 ? &private_keys : found, diag);
	*object = found->first;
	return check_type(token, object, diag);
}

/* The public key object that goes with a private one. OTA_E_ABSENT without words: none does. */
static enum ota_err public_object(const struct ota_token *token, const struct object *key,
				  bool by_id, EVP_PKEY **pkey, struct ota_diag *diag)
{
	struct search search = {.class = CKO_PUBLIC_KEY, .type = key->type};
	enum ota_err err;

	if ((by_id ? key->id_len : key->label_len) == 0)
		return OTA_E_ABSENT;
	if (by_id)
		search.id = ota_span_of(key->id, key->id_len);
	else
		search.label = ota_span_of(key->label, key->label_len);
	err = find(token, &search, diag);
	if (err != OTA_OK)
		return err;
	/* Copies of one key have one id, but different keys may have one label. */
	if (search.n == 0 || (!by_id && search.n > 1))
		return OTA_E_ABSENT;
	return ota_pkcs11_public(token, search.first.handle, search.first.type, pkey, diag);
}

/* The public part of a private key, from wherever the token has it. */
static enum ota_err public_part(const struct ota_token *token, const struct object *key,
				EVP_PKEY **pkey, struct ota_diag *diag)
{
	char words[160];
	enum ota_err err = public_object(token, key, true, pkey, diag);

	if (err == OTA_E_ABSENT)
		err = public_object(token, key, false, pkey, diag);
	if (err == OTA_E_ABSENT)
		err = ota_pkcs11_public_info(token, key->handle, pkey, diag);
	if (err == OTA_E_ABSENT)
		err = ota_pkcs11_public(token, key->handle, key->type, pkey, diag);
	if (err != OTA_E_ABSENT)
		return err;
	object_words(token, key, words, sizeof(words));
	(void)ota_fail(diag, err, "token %s: the public part of %s is not in it", token->label,
		       words);
	ota_hint(diag, "store the public key in the token too, with the same id");
	return err;
}

/* How the token signs with a key of this kind, and how long its signatures are. */
static enum ota_err plan_signing(struct ota_token *token, EVP_PKEY *pkey, struct ota_diag *diag)
{
	size_t bytes = ((size_t)EVP_PKEY_get_bits(pkey) + 7) / 8;

	switch (EVP_PKEY_get_base_id(pkey)) {
	case EVP_PKEY_RSA:
		token->mechanism = CKM_RSA_PKCS_PSS;
		token->sig_len = bytes;
		return OTA_OK;
	case EVP_PKEY_EC:
		token->mechanism = CKM_ECDSA;
		token->sig_len = 2 * bytes;
		return OTA_OK;
	case EVP_PKEY_ED25519:
		token->mechanism = CKM_EDDSA;
		token->sig_len = crypto_sign_BYTES;
		return OTA_OK;
	default:
		return ota_fail(diag, OTA_E_UNSUPPORTED, "token %s: keys of this kind do not sign",
				token->label);
	}
}

/* A key that wants the PIN for each signature needs it kept. */
static enum ota_err keep_pin(struct ota_token *token, struct ota_span pin, struct ota_diag *diag)
{
	CK_BBOOL asks = CK_FALSE;
	CK_ATTRIBUTE attribute = {CKA_ALWAYS_AUTHENTICATE, &asks, sizeof(asks)};
	enum ota_err err = ota_pkcs11_attribute(token, token->private_key, &attribute, diag);

	if (err != OTA_OK && err != OTA_E_ABSENT)
		return err;
	token->asks_again = err == OTA_OK && asks == CK_TRUE;
	if (!token->asks_again || pin.len == 0)
		return OTA_OK;
	token->pin = sodium_malloc(pin.len);
	if (!token->pin)
		return ota_fail(diag, OTA_E_MEMORY, "out of guarded memory for a PIN");
	memcpy(token->pin, pin.data, pin.len);
	token->pin_len = pin.len;
	(void)sodium_mprotect_readonly(token->pin);
	return OTA_OK;
}

static const char *mechanism_words(CK_MECHANISM_TYPE mechanism)
{
	if (mechanism == CKM_RSA_PKCS_PSS)
		return "CKM_RSA_PKCS_PSS, SHA-256 and a salt of 32 bytes";
	return mechanism == CKM_ECDSA ? "CKM_ECDSA" : "CKM_EDDSA";
}

/* One signature as the token makes it. */
static enum ota_err sign_raw(const struct ota_token *token, struct ota_span message, uint8_t *raw,
			     size_t cap, struct ota_diag *diag)
{
	CK_RSA_PKCS_PSS_PARAMS pss = {CKM_SHA256, CKG_MGF1_SHA256, PSS_SALT};
	CK_MECHANISM mechanism = {token->mechanism, NULL, 0};
	CK_ULONG len = (CK_ULONG)cap;
	enum ota_err err = OTA_OK;
	CK_RV rv;

	if (token->mechanism == CKM_RSA_PKCS_PSS) {
		mechanism.pParameter = &pss;
		mechanism.ulParameterLen = sizeof(pss);
	}
	rv = token->module->C_SignInit(token->session, &mechanism, token->private_key);
	if (rv != CKR_OK) {
		(void)ota_pkcs11_fail(token, "C_SignInit", rv, diag);
		if (rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID)
			ota_hint(diag, "the token would have to sign with %s",
				 mechanism_words(token->mechanism));
		return OTA_E_CRYPTO;
	}
	if (token->asks_again)
		err = ota_pkcs11_login_again(token, diag);
	if (err != OTA_OK)
		return err;
	rv = token->module->C_Sign(token->session, ota_pkcs11_bytes(message.data),
				   (CK_ULONG)message.len, raw, &len);
	if (rv != CKR_OK)
		return ota_pkcs11_fail(token, "C_Sign", rv, diag);
	if (len != token->sig_len)
		return ota_fail(diag, OTA_E_CRYPTO, "token %s: its signature is %lu bytes, not %zu",
				token->label, (unsigned long)len, token->sig_len);
	return OTA_OK;
}

static enum ota_err sign(const struct ota_key *key, struct ota_span message, struct ota_sig *sig,
			 struct ota_diag *diag)
{
	const struct ota_token *token = key->token;
	uint8_t raw[OTA_SIG_MAX];
	enum ota_err err = OTA_OK;

	sig->len = 0;
	if (token->sig_len > sizeof(raw))
		return ota_fail(diag, OTA_E_UNSUPPORTED, "signature of %zu bytes, room is %zu",
				token->sig_len, sizeof(raw));
	err = sign_raw(token, message, raw, sizeof(raw), diag);
	if (err != OTA_OK)
		return err;
	if (token->mechanism == CKM_ECDSA)
		return ota_ecdsa_to_der(ota_span_of(raw, token->sig_len), sig, diag);
	memcpy(sig->data, raw, token->sig_len);
	sig->len = token->sig_len;
	return OTA_OK;
}

static void release(struct ota_key *key)
{
	ota_token_close(key->token);
}

static const struct key_signer signer = {.sign = sign, .free = release};

/* The key of ours from OpenSSL's public part. Takes `pkey`; `token` when the key is private. */
static enum ota_err make_key(struct ota_token *token, const struct object *object, EVP_PKEY *pkey,
			     struct ota_span pin, struct ota_key **key, struct ota_diag *diag)
{
	enum ota_err err = plan_signing(token, pkey, diag);

	if (err != OTA_OK) {
		EVP_PKEY_free(pkey);
		return err;
	}
	token->private_key = object->handle;
	err = keep_pin(token, pin, diag);
	if (err != OTA_OK) {
		EVP_PKEY_free(pkey);
		return err;
	}
	/* No private part is in memory: the kind's own code sees a public key. */
	err = ota_key_adopt(pkey, false, key, diag);
	if (err != OTA_OK)
		return err;
	(*key)->signer = &signer;
	(*key)->token = token;
	(*key)->is_private = true;
	return OTA_OK;
}

enum ota_err ota_token_key(struct ota_token *token, struct ota_span pin, struct ota_key **key,
			   struct ota_diag *diag)
{
	struct object object = {.handle = 0};
	bool is_private = false;
	EVP_PKEY *pkey = NULL;
	enum ota_err err;

	*key = NULL;
	err = ota_pkcs11_login(token, pin, diag);
	if (err == OTA_OK)
		err = find_key(token, &object, &is_private, diag);
	if (err != OTA_OK)
		goto out;
	if (is_private) {
		err = public_part(token, &object, &pkey, diag);
		if (err == OTA_OK)
			err = make_key(token, &object, pkey, pin, key, diag);
		if (err == OTA_OK)
			token = NULL;
		goto out;
	}
	err = ota_pkcs11_public(token, object.handle, object.type, &pkey, diag);
	if (err == OTA_OK)
		err = ota_key_adopt(pkey, false, key, diag);
	else if (err == OTA_E_ABSENT)
		err = ota_fail(diag, err, "token %s: the public key object is empty", token->label);
out:
	ota_token_close(token);
	return err;
}
