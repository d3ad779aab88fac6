// SPDX-License-Identifier: Apache-2.0
/*
 * Keys in DER. What stands around a key is judged here, before OpenSSL decodes it: its decoders
 * take BER, curves spelt out in full, and kinds of keys we have no business with.
 */
#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include "key_form.h"

/* A form by its parts: i INTEGER, o OCTET STRING, b BIT STRING, s SEQUENCE, 0 and 1 [0] and [1]. */
static const struct {
	const char *parts;
	enum key_form form;
} forms[] = {
	{"iso", KEY_FORM_PKCS8}, /* RFC 5208 */
	{"iso0", KEY_FORM_PKCS8},
	{"iso1", KEY_FORM_PKCS8_V2}, /* RFC 5958 */
	{"iso01", KEY_FORM_PKCS8_V2},
	{"so", KEY_FORM_ENCRYPTED}, /* RFC 5208 section 6 */
	{"io", KEY_FORM_SEC1},      /* RFC 5915 */
	{"io0", KEY_FORM_SEC1},
	{"io1", KEY_FORM_SEC1},
	{"io01", KEY_FORM_SEC1},
	{"iiiiiiiii", KEY_FORM_RSA_PRIVATE}, /* RFC 8017 A.1.2 */
	{"iiiiii", KEY_FORM_DSA_PRIVATE},
	{"sb", KEY_FORM_SPKI},         /* RFC 5280 4.1 */
	{"ii", KEY_FORM_RSA_PUBLIC},   /* RFC 8017 A.1.1 */
	{"ssb", KEY_FORM_CERTIFICATE}, /* RFC 5280 4.1; also a certificate request */
	{"is", KEY_FORM_PKCS12},       /* RFC 7292 */
	{"iss", KEY_FORM_PKCS12},
};

static char part_letter(const struct der_item *item)
{
	if (item->class == V_ASN1_CONTEXT_SPECIFIC && item->tag <= 1)
		return item->tag == 0 ? '0' : '1';
	if (item->class != V_ASN1_UNIVERSAL)
		return '?';
	switch (item->tag) {
	case V_ASN1_INTEGER:
		return 'i';
	case V_ASN1_OCTET_STRING:
		return 'o';
	case V_ASN1_BIT_STRING:
		return 'b';
	case V_ASN1_SEQUENCE:
		return 's';
	default:
		return '?';
	}
}

struct key_parts ota_key_parts(struct ota_span der)
{
	struct key_parts parts = {.form = KEY_FORM_UNKNOWN};
	char text[KEY_PARTS_MAX + 1] = "";
	struct der_item outer;
	struct ota_span rest;

	if (!ota_der_next(&der, &outer) || outer.tag != V_ASN1_SEQUENCE ||
	    outer.class != V_ASN1_UNIVERSAL || !outer.constructed)
		return parts;
	rest = outer.body;
	while (parts.n < KEY_PARTS_MAX && ota_der_next(&rest, &parts.item[parts.n])) {
		text[parts.n] = part_letter(&parts.item[parts.n]);
		parts.n++;
	}
	for (size_t i = 0; rest.len == 0 && i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (strcmp(text, forms[i].parts) == 0)
			parts.form = forms[i].form;
	}
	return parts;
}

/* The version that a private key begins with is `version`. */
static bool has_version(const struct key_parts *parts, uint8_t version)
{
	return parts->item[0].body.len == 1 && parts->item[0].body.data[0] == version;
}

static enum ota_err fail_explicit(struct ota_diag *diag)
{
	/* Decoding a made-up curve has been a way to hang OpenSSL. */
	return ota_fail(
		diag, OTA_E_UNSUPPORTED,
		"key spells its curve out, only the named curves P-256 and P-384 are taken");
}

static enum ota_err fail_rule(struct ota_diag *diag, const char *rule)
{
	return ota_fail(diag, OTA_E_MALFORMED, "key is damaged: %s", rule);
}

/* An OBJECT IDENTIFIER; the caller frees it. */
static ASN1_OBJECT *read_oid(struct ota_span der)
{
	const unsigned char *at = der.data;

	return d2i_ASN1_OBJECT(NULL, &at, (long)der.len);
}

/* Uncompressed or compressed; OpenSSL takes X9.62's hybrid form too, a second one for each point.
 */
static bool is_plain_point(struct ota_span point)
{
	return point.len > 0 && (point.data[0] == POINT_CONVERSION_UNCOMPRESSED ||
				 point.data[0] == POINT_CONVERSION_COMPRESSED ||
				 point.data[0] == POINT_CONVERSION_COMPRESSED + 1);
}

/* An explicit tag holds one value, of this type; fills `value`. */
static bool holds_one(const struct der_item *item, int type, struct der_item *value)
{
	struct ota_span rest = item->body;

	return item->constructed && ota_der_next(&rest, value) && rest.len == 0 &&
	       value->tag == type && value->class == V_ASN1_UNIVERSAL;
}

/* The point in a SEC1 key's [1], which is a BIT STRING; true when there is none. */
static bool has_plain_point(const struct key_parts *parts)
{
	const struct der_item *last = &parts->item[parts->n - 1];
	struct der_item bits;

	if (last->class != V_ASN1_CONTEXT_SPECIFIC || last->tag != 1)
		return true;
	return holds_one(last, V_ASN1_BIT_STRING, &bits) &&
	       is_plain_point(ota_span_tail(bits.body, 1));
}

/*
 * What a SEC1 key says of its curve. `curve` is what stands around it, NULL when nothing does: then
 * it must name one itself.
 */
static enum ota_err check_sec1(struct ota_span der, const ASN1_OBJECT *curve, struct ota_diag *diag)
{
	struct key_parts parts = ota_key_parts(der);
	enum ota_err err = OTA_OK;
	ASN1_OBJECT *own = NULL;
	struct der_item name;

	if (parts.form != KEY_FORM_SEC1 || !has_version(&parts, 1) || !ota_der_is_strict(der))
		return fail_rule(diag, "its EC part is not one in strict DER");
	if (!has_plain_point(&parts))
		return fail_rule(diag, "its point is of no form that is taken");
	if (parts.n < 3 || parts.item[2].tag != 0)
		return curve ? OTA_OK : fail_rule(diag, "it names no curve");
	if (parts.item[2].body.len > 0 && parts.item[2].body.data[0] != V_ASN1_OBJECT)
		return fail_explicit(diag);
	if (holds_one(&parts.item[2], V_ASN1_OBJECT, &name))
		own = read_oid(name.whole);
	if (!own)
		err = fail_rule(diag, "its curve's name cannot be decoded");
	else if (curve && OBJ_cmp(own, curve) != 0)
		err = fail_rule(diag, "it names two curves");
	ASN1_OBJECT_free(own);
	return err;
}

static enum ota_err check_rsa(struct ota_span der, enum key_form form, struct ota_diag *diag)
{
	struct key_parts parts = ota_key_parts(der);

	if (parts.form != form || !ota_der_is_strict(der) ||
	    (form == KEY_FORM_RSA_PRIVATE && !has_version(&parts, 0)))
		return fail_rule(diag, "its RSA part is not one in strict DER");
	return OTA_OK;
}

static enum ota_err fail_algorithm(const ASN1_OBJECT *oid, struct ota_diag *diag)
{
	char name[80] = "";

	(void)OBJ_obj2txt(name, sizeof(name), oid, 0);
	return ota_fail(diag, OTA_E_UNSUPPORTED,
			"key is for %s, only ECDSA, Ed25519, RSA and X25519 keys are taken", name);
}

/* The algorithm's name and parameters, and what belongs into the key by them. */
static enum ota_err check_key_by_algorithm(const X509_ALGOR *algor, struct ota_span key,
					   bool is_private, struct ota_diag *diag)
{
	const ASN1_OBJECT *oid = NULL;
	const void *value = NULL;
	int type = 0;

	X509_ALGOR_get0(&oid, &type, &value, algor);
	switch (OBJ_obj2nid(oid)) {
	case NID_X9_62_id_ecPublicKey:
		if (type == V_ASN1_SEQUENCE)
			return fail_explicit(diag);
		if (type != V_ASN1_OBJECT)
			return fail_rule(diag, "it names no curve");
		if (is_private)
			return check_sec1(key, value, diag);
		return is_plain_point(key)
			       ? OTA_OK
			       : fail_rule(diag, "its point is of no form that is taken");
	case NID_rsaEncryption:
		if (type != V_ASN1_NULL && type != V_ASN1_UNDEF)
			return fail_rule(diag, "an RSA key has parameters");
		return check_rsa(key, is_private ? KEY_FORM_RSA_PRIVATE : KEY_FORM_RSA_PUBLIC,
				 diag);
	case NID_ED25519:
	case NID_X25519:
		if (is_private && !ota_der_is_strict(key))
			return fail_rule(diag, "its private part is not strict DER");
		return type == V_ASN1_UNDEF ? OTA_OK
					    : fail_rule(diag, "a key of its kind has parameters");
	default:
		return fail_algorithm(oid, diag);
	}
}

/* PKCS#8 and SubjectPublicKeyInfo: an algorithm, then the key in a string. */
static enum ota_err check_wrapped(const struct key_parts *parts, bool is_private,
				  struct ota_diag *diag)
{
	const struct der_item *algorithm = &parts->item[is_private ? 1 : 0];
	struct ota_span key = parts->item[is_private ? 2 : 1].body;
	const unsigned char *at = algorithm->whole.data;
	enum ota_err err;
	X509_ALGOR *algor;

	if (is_private && !has_version(parts, 0))
		return fail_rule(diag, "its version is not 0");
	algor = d2i_X509_ALGOR(NULL, &at, (long)algorithm->whole.len);
	if (!algor)
		return fail_rule(diag, "it names no algorithm");
	/* A BIT STRING begins with its count of unused bits, which strict DER has found to be 0. */
	err = check_key_by_algorithm(algor, is_private ? key : ota_span_tail(key, 1), is_private,
				     diag);
	X509_ALGOR_free(algor);
	return err;
}

static enum ota_err fail_certificate(struct ota_diag *diag)
{
	(void)ota_fail(diag, OTA_E_UNSUPPORTED, "it is a certificate, not a key");
	ota_hint(diag, "take the key out of it: openssl x509 -pubkey -noout -in FILE");
	return OTA_E_UNSUPPORTED;
}

static enum ota_err fail_pkcs12(struct ota_diag *diag)
{
	(void)ota_fail(diag, OTA_E_UNSUPPORTED, "it is a PKCS#12 container, not a key");
	ota_hint(diag, "take the key out of it: openssl pkcs12 -nocerts -in FILE -out KEY.pem");
	return OTA_E_UNSUPPORTED;
}

static enum ota_err check(struct ota_span der, const struct key_parts *parts, struct ota_diag *diag)
{
	if (parts->form == KEY_FORM_CERTIFICATE)
		return fail_certificate(diag);
	if (parts->form == KEY_FORM_PKCS12)
		return fail_pkcs12(diag);
	if (!ota_der_is_strict(der))
		return fail_rule(diag, "it is not strict DER from its first byte to its last");
	switch (parts->form) {
	case KEY_FORM_PKCS8:
		return check_wrapped(parts, true, diag);
	case KEY_FORM_SPKI:
		return check_wrapped(parts, false, diag);
	case KEY_FORM_SEC1:
		return check_sec1(der, NULL, diag);
	case KEY_FORM_RSA_PRIVATE:
	case KEY_FORM_RSA_PUBLIC:
		return check_rsa(der, parts->form, diag);
	case KEY_FORM_DSA_PRIVATE:
		return ota_fail(diag, OTA_E_UNSUPPORTED,
				"key is for DSA, only ECDSA, Ed25519, RSA and X25519 keys are "
				"taken");
	case KEY_FORM_PKCS8_V2:
		(void)ota_fail(diag, OTA_E_UNSUPPORTED,
			       "key is PKCS#8 of version 2 (RFC 5958), only version 1 is read");
		ota_hint(diag, "have it written without its public part, or as SEC1");
		return OTA_E_UNSUPPORTED;
	case KEY_FORM_ENCRYPTED:
	case KEY_FORM_UNKNOWN:
	case KEY_FORM_CERTIFICATE:
	case KEY_FORM_PKCS12:
		break;
	}
	return fail_rule(diag, "its parts are not those of any key");
}

/* The algorithm's number, and its curve's; none when `algor` is NULL. */
static void read_algorithm(const X509_ALGOR *algor, struct key_bits *bits)
{
	const ASN1_OBJECT *oid = NULL;
	const void *value = NULL;
	int type = 0;

	if (!algor)
		return;
	X509_ALGOR_get0(&oid, &type, &value, algor);
	bits->algorithm = OBJ_obj2nid(oid);
	if (type == V_ASN1_OBJECT)
		bits->curve = OBJ_obj2nid(value);
}

static void read_spki(const struct key_parts *parts, struct key_bits *bits)
{
	const unsigned char *at = parts->item[0].whole.data;
	X509_ALGOR *algor = d2i_X509_ALGOR(NULL, &at, (long)parts->item[0].whole.len);

	read_algorithm(algor, bits);
	bits->key = ota_span_tail(parts->item[1].body, 1);
	X509_ALGOR_free(algor);
}

/* OpenSSL takes apart the outer form only, with its attributes; they must be some. */
static void read_pkcs8(struct ota_span der, const struct key_parts *parts, struct key_bits *bits)
{
	const unsigned char *at = der.data;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
	const X509_ALGOR *algor = NULL;

	if (info && PKCS8_pkey_get0(NULL, NULL, NULL, &algor, info) == 1)
		read_algorithm(algor, bits);
	bits->key = parts->item[2].body;
	PKCS8_PRIV_KEY_INFO_free(info);
}

/* The curve that a SEC1 key names itself. */
static int own_curve(const struct key_parts *parts)
{
	ASN1_OBJECT *oid = read_oid(parts->item[2].body);
	int curve = OBJ_obj2nid(oid);

	ASN1_OBJECT_free(oid);
	return curve;
}

static EVP_PKEY *decode(struct ota_span der, const struct key_parts *parts, bool is_private)
{
	struct key_bits bits = {.is_private = is_private, .key = der};

	switch (parts->form) {
	case KEY_FORM_PKCS8:
		read_pkcs8(der, parts, &bits);
		break;
	case KEY_FORM_SPKI:
		read_spki(parts, &bits);
		break;
	case KEY_FORM_SEC1:
		bits.algorithm = NID_X9_62_id_ecPublicKey;
		bits.curve = own_curve(parts);
		break;
	case KEY_FORM_RSA_PRIVATE:
	case KEY_FORM_RSA_PUBLIC:
		bits.algorithm = NID_rsaEncryption;
		break;
	case KEY_FORM_UNKNOWN:
	case KEY_FORM_PKCS8_V2:
	case KEY_FORM_ENCRYPTED:
	case KEY_FORM_DSA_PRIVATE:
	case KEY_FORM_CERTIFICATE:
	case KEY_FORM_PKCS12:
		return NULL;
	}
	return ota_key_decode(&bits);
}

enum ota_err ota_key_der_read(struct ota_span der, EVP_PKEY **pkey, bool *is_private,
			      struct ota_diag *diag)
{
	struct key_parts parts = ota_key_parts(der);
	enum ota_err err = check(der, &parts, diag);

	*pkey = NULL;
	*is_private = parts.form != KEY_FORM_SPKI && parts.form != KEY_FORM_RSA_PUBLIC;
	if (err == OTA_OK) {
		*pkey = decode(der, &parts, *is_private);
		if (!*pkey)
			err = fail_rule(diag, "OpenSSL cannot decode it");
	}
	ERR_clear_error();
	return err;
}
