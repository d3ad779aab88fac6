// SPDX-License-Identifier: Apache-2.0
/* Reading a key file. */
#include <stdlib.h>

#include <ota/key.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ota_key *key = NULL;

	if (ota_keys_init(NULL) != OTA_OK)
		abort();
	if (ota_key_read_pem(ota_span_of(data, size), &key, NULL) == OTA_OK &&
	    ota_key_public(key).len == 0)
		abort();
	ota_key_free(key);
	return 0;
}
