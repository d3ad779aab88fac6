// SPDX-License-Identifier: Apache-2.0
#include "firmware_runs.h"

static const char elf_magic[4] = {0x7f, 'E', 'L', 'F'};

/* The last extension of a path's last part, "" for none; dots in front do not begin one. */
static const char *extension(const char *path)
{
	const char *name = strrchr(path, '/');
	const char *dot;

	name = name ? name + 1 : path;
	name += strspn(name, ".");
	dot = strrchr(name, '.');
	return dot ? dot + 1 : "";
}

bool ota_firmware_is_hex_name(const char *path)
{
	static const char want[] = "hex";
	const char *name = extension(path);

	if (strlen(name) != strlen(want))
		return false;
	for (size_t i = 0; want[i] != '\0'; i++) {
		if ((name[i] | 0x20) != want[i])
			return false;
	}
	return true;
}

enum ota_firmware_kind ota_firmware_kind_of(const char *path, struct ota_span file)
{
	if (ota_span_equal(ota_span_head(file, sizeof(elf_magic)),
			   ota_span_of(elf_magic, sizeof(elf_magic))))
		return OTA_FIRMWARE_ELF;
	return ota_firmware_is_hex_name(path) ? OTA_FIRMWARE_HEX : OTA_FIRMWARE_BIN;
}

static enum ota_err read_bin(struct ota_span file, size_t ceiling, struct ota_firmware *firmware,
			     struct ota_diag *diag)
{
	if (file.len > ceiling)
		return ota_fail(diag, OTA_E_UNSUPPORTED, "file is %zu bytes, at most %zu are taken",
				file.len, ceiling);
	firmware->bytes = ota_buf_init(ceiling);
	return ota_buf_append(&firmware->bytes, file, diag);
}

static enum ota_err read_kind(struct ota_span file, enum ota_firmware_kind kind, size_t ceiling,
			      struct ota_firmware *firmware, struct ota_diag *diag)
{
	switch (kind) {
	case OTA_FIRMWARE_BIN:
		return read_bin(file, ceiling, firmware, diag);
	case OTA_FIRMWARE_HEX:
		return ota_firmware_read_hex(file, ceiling, firmware, diag);
	case OTA_FIRMWARE_ELF:
		return ota_firmware_read_elf(file, ceiling, firmware, diag);
	}
	return ota_fail(diag, OTA_E_USAGE, "unknown kind of firmware %d", (int)kind);
}

enum ota_err ota_firmware_read(struct ota_span file, enum ota_firmware_kind kind, size_t ceiling,
			       struct ota_firmware *firmware, struct ota_diag *diag)
{
	enum ota_err err;

	*firmware = (struct ota_firmware){.has_base = false};
	err = read_kind(file, kind, ceiling, firmware, diag);
	if (err != OTA_OK)
		ota_firmware_free(firmware);
	return err;
}

void ota_firmware_free(struct ota_firmware *firmware)
{
	ota_buf_free(&firmware->bytes);
	*firmware = (struct ota_firmware){.has_base = false};
}
