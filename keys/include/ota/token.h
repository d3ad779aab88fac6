// SPDX-License-Identifier: Apache-2.0
/*
 * Keys in a PKCS#11 token, named by a URI (RFC 7512). The private part never leaves the token; each
 * signature is verified with the public part before it is returned.
 */
#ifndef OTA_TOKEN_H
#define OTA_TOKEN_H

#include <ota/key.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ota_token; /* opaque: a module, a slot, a session */

/* True when this build can use tokens. */
OTA_API bool ota_tokens_served(void);

/* True when the text is a PKCS#11 URI rather than a file's name: it starts with "pkcs11:". */
OTA_API bool ota_token_is_uri(const char *text);

/*
 * The file that the URI's pin-source names, into `path` of `cap` bytes; a "file:" URI or a plain
 * path. OTA_E_ABSENT, without words: it names none. OTA_E_MALFORMED: not a PKCS#11 URI.
 * OTA_E_USAGE: the URI holds a pin-value, which every process on the machine could read.
 * OTA_E_UNSUPPORTED: a pin-source of another kind ("|command"), an attribute that RFC 7512 does not
 * know, or built without. OTA_E_ROOM: the path is longer than `path`. OTA_E_IO: p11-kit is not
 * installed.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_token_pin_source(const char *uri, char *path, size_t cap,
							 struct ota_diag *diag);

/*
 * Loads the module (the URI's module-path, else `module`, which may be NULL; an absolute path),
 * finds the one token that the URI means and opens a session. The machine's p11-kit configuration
 * is not read. OTA_E_MALFORMED: not a PKCS#11 URI. OTA_E_USAGE: no module named, a pin-value in the
 * URI, a URI that fits several tokens (the diag lists them), a URI of an object that is no key.
 * OTA_E_IO: the module or p11-kit cannot be loaded. OTA_E_ABSENT: no such token (the diag lists
 * those there are). OTA_E_CRYPTO: what the module says, by name ("CKR_DEVICE_ERROR").
 * OTA_E_UNSUPPORTED: an attribute that RFC 7512 does not know, only a module-name, or built
 * without. The caller ends it with ota_token_close or ota_token_key.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_token_open(const char *uri, const char *module,
						   struct ota_token **token, struct ota_diag *diag);

/*
 * True when the key cannot be used before a login for which the caller must give the PIN: not so
 * when the reader has a pad of its own to ask with, nor for a URI with type=public.
 */
OTA_API bool ota_token_wants_pin(const struct ota_token *token);

/* The token's label, for a prompt. Borrowed. */
OTA_API const char *ota_token_label(const struct ota_token *token);

/*
 * Logs in when `pin` is not empty or the reader asks by itself, and finds the one key that the URI
 * means: the private key when there is one, else the public one (a URI may say which by type=).
 * `pin` is borrowed; a copy is kept in guarded memory for a key that wants it for each signature,
 * no other. A login is tried once. Takes `token`, also on failure. OTA_E_REFUSED: wrong PIN
 * (CKR_PIN_INCORRECT), with a warning when few tries are left. OTA_E_CRYPTO: the PIN is locked, and
 * whatever else the module says. OTA_E_ABSENT: no such key (the diag lists those there are), or its
 * public part is nowhere in the token. OTA_E_USAGE: several keys fit (the diag lists them by label
 * and id). OTA_E_MALFORMED: the public part is no key. OTA_E_UNSUPPORTED: a key of a kind that is
 * not taken.
 */
OTA_API OTA_MUST_CHECK enum ota_err ota_token_key(struct ota_token *token, struct ota_span pin,
						  struct ota_key **key, struct ota_diag *diag);

/* NULL is fine. */
OTA_API void ota_token_close(struct ota_token *token);

#ifdef __cplusplus
}
#endif
#endif
