// SPDX-License-Identifier: Apache-2.0
/* Who signs, as the command line says: keys, a signature made before, a command that makes one. */
#ifndef CLI_SIGNER_ARG_H
#define CLI_SIGNER_ARG_H

#include <ota/image.h>

#include "key_arg.h"

#define SIGNER_OPTION_IDS                                                                          \
	KEY, PUBLIC_KEY_FORMAT, PAD_SIG, FIX_SIG, FIX_SIG_PUBKEY, SIGN_WITH, SIG_OUT,              \
		RANDOM_NONCE, LOW_S, KEY_OPTION_IDS

#define SIGNER_OPTION_ROWS                                                                         \
	[KEY] = {.name = "key",                                                                    \
		 .letter = 'k',                                                                    \
		 .value = "KEY",                                                                   \
		 .help = "private key: a file or a pkcs11: URI; again for one more signature"},    \
	[PUBLIC_KEY_FORMAT] = {.name = "public-key-format",                                        \
			       .value = "hash|full",                                               \
			       .help = "name the key by its hash (default) or whole"},             \
	[PAD_SIG] = {.name = "pad-sig",                                                            \
		     .help = "zeros behind an ECDSA signature, for MCUboot before 1.5"},           \
	[FIX_SIG] = {.name = "fix-sig",                                                            \
		     .value = "FILE",                                                              \
		     .help = "signature made elsewhere, in base64; it is verified"},               \
	[FIX_SIG_PUBKEY] = {.name = "fix-sig-pubkey",                                              \
			    .value = "KEY",                                                        \
			    .help = "the public key it is verified with"},                         \
	[SIGN_WITH] = {.name = "sign-with",                                                        \
		       .value = "CMD",                                                             \
		       .help = "shell command that signs {digest} or {payload} into {sig}; -k "    \
			       "or --fix-sig-pubkey is its public key"},                           \
	[SIG_OUT] = {.name = "sig-out",                                                            \
		     .value = "FILE",                                                              \
		     .help = "write the (first) signature too, in base64"},                        \
	[RANDOM_NONCE] = {.name = "random-nonce",                                                  \
			  .help = "ECDSA with a random nonce, as imgtool does; each run another "  \
				  "signature"},                                                    \
	[LOW_S] = {.name = "low-s",                                                                \
		   .help = "ECDSA with s in the lower half, for verifiers that want it so"},       \
	KEY_OPTION_ROWS

struct cli_signers; /* opaque: owns keys and what the signers borrow */

/*
 * Says what does not go together: --fix-sig without its key, --fix-sig with --key, two sources of
 * one signature. To be called before anything is read.
 */
enum cli_exit cli_check_signers(const struct cli_args *args);

/*
 * Reads the keys and signatures that the options above name; none is fine. Options are looked up
 * by name. With --sign-with and with `public_only` a key may be public. The caller frees
 * `*signers`, which is NULL on failure.
 */
enum cli_exit cli_read_signers(const struct cli_args *args, bool public_only,
			       struct cli_signers **signers);

/* The list, for a plan; borrowed. */
const struct ota_signer *cli_signers_list(const struct cli_signers *signers, size_t *n);

/*
 * Says why an image was not made: what is wrong with a signature is said of the option that it came
 * by, all else of `subject`. A command that fails is exit 4: it is no answer about the image.
 */
enum cli_exit cli_fail_signed(const struct cli_args *args, const char *subject,
			      const struct ota_diag *diag);

/* Writes a signature in base64, as --fix-sig reads it. */
enum cli_exit cli_write_signature(const char *path, struct ota_span sig);

/* Writes the signature as --sig-out says, when it was given. */
enum cli_exit cli_write_sig_out(const struct cli_args *args, const struct ota_sig *sig);

void cli_signers_free(struct cli_signers *signers); /* NULL is fine */

#endif
