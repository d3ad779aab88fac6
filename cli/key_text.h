// SPDX-License-Identifier: Apache-2.0
/* A key's bytes as C and Rust source, to the byte as imgtool prints them. */
#ifndef CLI_KEY_TEXT_H
#define CLI_KEY_TEXT_H

#include <ota/key.h>

#include "cli.h"

/* Bytes of output: the C text of the longest private key is about 11 KB. */
#define KEY_TEXT_MAX 16384

/* Appends printed text of at most 255 bytes. */
enum ota_err key_text_add(struct ota_buf *out, struct ota_diag *diag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Appends `const unsigned char NAME<suffix>[] = {...};` and `NAME<suffix>_len`. */
enum ota_err key_text_c(const char *name, const char *suffix, struct ota_span bytes,
			struct ota_buf *out, struct ota_diag *diag);

/* The public key in C: `<stem>_pub_key`. */
enum ota_err key_text_public_c(const struct ota_key *key, const char *suffix, struct ota_buf *out,
			       struct ota_diag *diag);

/* The same in Rust, where a constant's name has capitals and no length is needed. */
enum ota_err key_text_public_rust(const struct ota_key *key, const char *suffix,
				  struct ota_buf *out, struct ota_diag *diag);

/* Exit 2 for a key without a public part, which messages call `name`: a key-encryption key. */
enum cli_exit key_text_check_public(const char *name, const struct ota_key *key);

/* What --name-suffix (NULL: not given) may be; `has_names`: the form has names. */
enum cli_exit key_text_check_suffix(const char *suffix, bool has_names);

#endif
