// SPDX-License-Identifier: Apache-2.0
#include "targets_import.h"
#include "io.h"

/* What is read of the build, and the profile made of it. */
struct build {
	struct ota_buf devicetree; /* as it is in the file */
	struct ota_buf blob;       /* what dtc made of it; empty when it is one already */
	struct ota_buf config[OTA_IMPORT_CONFIGS_MAX];
	struct ota_buf yaml;
};

static enum cli_exit check_stdin(const struct targets_import *job)
{
	const char *paths[OTA_IMPORT_CONFIGS_MAX + 1] = {job->devicetree};

	for (unsigned i = 0; i < job->n_configs; i++)
		paths[i + 1] = job->config[i];
	return cli_check_stdin("targets import", paths, OTA_IMPORT_CONFIGS_MAX + 1);
}

static enum cli_exit read_all(const struct targets_import *job, struct build *build)
{
	enum cli_exit status =
		cli_read_max(job->devicetree, OTA_IMPORT_DTB_MAX, &build->devicetree);

	for (unsigned i = 0; i < job->n_configs && status == CLI_DONE; i++)
		status = cli_read_max(job->config[i], OTA_IMPORT_CONFIG_MAX, &build->config[i]);
	return status;
}

static enum cli_exit make_profile(const struct targets_import *job, struct ota_span blob,
				  struct build *build)
{
	struct ota_import_plan plan = {.devicetree = {job->devicetree, blob},
				       .n_configs = job->n_configs,
				       .name = job->name,
				       .chip = job->chip};
	struct ota_import_report report = {.n = 0};
	struct ota_diag diag = {.err = OTA_OK};

	for (unsigned i = 0; i < job->n_configs; i++)
		plan.config[i] =
			(struct ota_import_file){job->config[i], ota_buf_span(&build->config[i])};
	if (ota_target_import(&plan, &build->yaml, &report, &diag) != OTA_OK)
		return cli_fail(NULL, &diag);
	for (unsigned i = 0; i < report.n; i++)
		cli_warning(job->devicetree, "%s", report.warning[i]);
	if (report.n > 0 && report.lacks_boot_config)
		cli_hint("MCUboot's own .config decides most of it: --config "
			 "build/mcuboot/zephyr/.config");
	return cli_write(job->output ? job->output : "-", ota_buf_span(&build->yaml));
}

static enum cli_exit import_build(const struct targets_import *job, struct build *build)
{
	struct ota_span blob;
	enum cli_exit status = read_all(job, build);

	if (status != CLI_DONE)
		return status;
	blob = ota_buf_span(&build->devicetree);
	if (!ota_is_devicetree_blob(blob)) {
		status = targets_run_dtc(job->devicetree, blob, &build->blob);
		blob = ota_buf_span(&build->blob);
	}
	return status == CLI_DONE ? make_profile(job, blob, build) : status;
}

enum cli_exit targets_import(const struct targets_import *job)
{
	struct build build = {.blob = ota_buf_init(OTA_IMPORT_DTB_MAX),
			      .yaml = ota_buf_init(OTA_IMPORT_CONFIG_MAX)};
	enum cli_exit status = check_stdin(job);

	if (status == CLI_DONE)
		status = import_build(job, &build);
	ota_buf_free(&build.devicetree);
	ota_buf_free(&build.blob);
	for (unsigned i = 0; i < OTA_IMPORT_CONFIGS_MAX; i++)
		ota_buf_free(&build.config[i]);
	ota_buf_free(&build.yaml);
	return status;
}
