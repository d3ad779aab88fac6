// SPDX-License-Identifier: Apache-2.0
/* A roll-out in stages: who gets the update when, and how long a stage is sent. */
#include <inttypes.h>
#include <stdlib.h>

#include <ota/matrix_report.h>

#include "link_kinds.h"
#include "matrix_share.h"

static const unsigned percents[OTA_MATRIX_STAGES] = {1, 10, 25, 50, 100};

/* Do a gateway's devices wait for each other? */
static bool shares_gateway(const struct ota_link *link)
{
	switch (link->kind) {
	case OTA_LINK_LORAWAN:
		return true;
	case OTA_LINK_NB_IOT:
	case OTA_LINK_LTE_M:
	case OTA_LINK_BLE:
		return false;
	}
	return false;
}

uint64_t ota_matrix_gateways(const struct ota_link *link, uint64_t devices)
{
	if (!shares_gateway(link))
		return 0;
	if (!ota_link_given(link, OTA_LINK_DEVICES) || link->devices == 0 || devices == 0)
		return 1;
	return ota_link_parts(devices, link->devices);
}

/* What one link needs for one version's route; UINT64_MAX: too long to count. */
struct sending {
	uint64_t gateway_us; /* for one device, or by multicast for all */
	uint64_t device_us;  /* from first to last packet of all steps */
};

struct rolling {
	const struct ota_matrix *matrix;
	const struct ota_link *links; /* borrowed */
	unsigned n_links;
	size_t n; /* versions before the newest */
	uint64_t devices;
	/* Owned, one for each of these versions. */
	uint64_t *bytes;   /* of the route */
	uint64_t *waiting; /* devices that have a route and no update yet */
	uint64_t *now;     /* devices of the stage */
	uint64_t *spare;
	struct sending *sending; /* n_links for each */
};

/*
 * The gateway's part is asked for by class c, which waits for nobody; the device's own by the link
 * as it is.
 */
static void add_sending(const struct ota_link *link, uint64_t bytes, struct sending *sending)
{
	struct ota_link alone = *link;
	struct ota_link gateway;
	struct ota_delivery delivery;

	alone.devices = 1;
	gateway = alone;
	if (shares_gateway(link)) {
		gateway.class_letter = 'c';
		gateway.every_us = 0;
		gateway.given &= ~(1U << OTA_LINK_EVERY);
	}
	if (ota_link_deliver(&alone, bytes, &delivery, NULL) == OTA_OK)
		sending->device_us = ota_link_plus(sending->device_us, delivery.duration_us);
	else
		sending->device_us = UINT64_MAX;
	if (ota_link_deliver(&gateway, bytes, &delivery, NULL) == OTA_OK)
		sending->gateway_us = ota_link_plus(sending->gateway_us, delivery.fleet_us);
	else
		sending->gateway_us = UINT64_MAX;
}

/* What the stage takes over one link. */
static uint64_t stage_us(const struct rolling *rolling, unsigned link)
{
	const struct ota_link *one = &rolling->links[link];
	uint64_t gateways = ota_matrix_gateways(one, rolling->devices);
	uint64_t gateway_us = 0;
	uint64_t device_us = 0;

	for (size_t i = 0; i < rolling->n; i++) {
		const struct sending *sending = &rolling->sending[i * rolling->n_links + link];
		uint64_t times = one->multicast ? 1 : rolling->now[i];

		if (rolling->now[i] == 0)
			continue;
		if (sending->device_us > device_us)
			device_us = sending->device_us;
		gateway_us = ota_link_plus(gateway_us, ota_link_times(sending->gateway_us, times));
	}
	if (gateways == 0)
		return device_us;
	if (!one->multicast && gateways > 1 && gateway_us < UINT64_MAX)
		gateway_us = gateway_us / gateways + (gateway_us % gateways != 0);
	return gateway_us > device_us ? gateway_us : device_us;
}

/* Takes the stage's devices from those that wait. */
static enum ota_err fill_stage(struct rolling *rolling, struct ota_matrix_stage *stage,
			       struct ota_diag *diag)
{
	ota_matrix_share_out(stage->devices, rolling->waiting, rolling->n, rolling->now,
			     rolling->spare);
	for (size_t i = 0; i < rolling->n; i++) {
		uint64_t now = rolling->now[i];

		rolling->waiting[i] -= now;
		if (now != 0 && rolling->bytes[i] > (UINT64_MAX - stage->bytes) / now)
			return ota_fail(diag, OTA_E_USAGE,
					"%" PRIu64 " devices: their bytes add up to more than 2^64",
					rolling->devices);
		stage->bytes += now * rolling->bytes[i];
	}
	for (unsigned i = 0; i < rolling->n_links; i++) {
		uint64_t us = stage_us(rolling, i);

		if (us > stage->sending_us)
			stage->sending_us = us;
	}
	stage->has_time = rolling->n_links > 0 && stage->sending_us < UINT64_MAX;
	if (!stage->has_time)
		stage->sending_us = 0;
	return OTA_OK;
}

static enum ota_err fill_stages(struct rolling *rolling, uint64_t soak_us,
				struct ota_matrix_stage stages[OTA_MATRIX_STAGES],
				struct ota_diag *diag)
{
	uint64_t all = 0;
	uint64_t before = 0;
	uint64_t start_us = 0;
	uint64_t done_us = 0;
	enum ota_err err = OTA_OK;

	for (size_t i = 0; i < rolling->n; i++)
		all += rolling->waiting[i];
	for (unsigned i = 0; i < OTA_MATRIX_STAGES && err == OTA_OK; i++) {
		/* At most 10^12 devices: no product wraps. */
		uint64_t behind = ota_link_share(all, percents[i], 100);

		stages[i] = (struct ota_matrix_stage){.percent = percents[i],
						      .devices = behind - before,
						      .has_time = rolling->n_links > 0};
		before = behind;
		if (stages[i].devices > 0) {
			err = fill_stage(rolling, &stages[i], diag);
			done_us = ota_link_plus(start_us, stages[i].sending_us);
			start_us = ota_link_plus(done_us, soak_us);
		}
		stages[i].done_us = done_us;
	}
	return err;
}

/* Versions without a route get no devices. */
static void find_routes(struct rolling *rolling, enum ota_matrix_policy policy,
			struct ota_matrix_leg *legs)
{
	for (size_t i = 0; i < rolling->n; i++) {
		struct ota_matrix_route route;

		ota_matrix_find_route(rolling->matrix, i, policy, &route, legs);
		if (!route.found)
			rolling->waiting[i] = 0;
		rolling->bytes[i] = route.cost.bytes;
		for (size_t leg = 0; leg < route.n_legs; leg++) {
			for (unsigned at = 0; at < rolling->n_links; at++)
				add_sending(&rolling->links[at], legs[leg].cost.bytes,
					    &rolling->sending[i * rolling->n_links + at]);
		}
	}
}

enum ota_err ota_matrix_roll_out(const struct ota_matrix *matrix, enum ota_matrix_policy policy,
				 uint64_t devices, uint64_t soak_us,
				 struct ota_matrix_stage stages[OTA_MATRIX_STAGES],
				 struct ota_diag *diag)
{
	size_t n = matrix->plan.n_versions;
	struct rolling rolling = {.matrix = matrix, .n = n > 0 ? n - 1 : 0, .devices = devices};
	struct ota_matrix_leg *legs = calloc(n + 1, sizeof(*legs));
	uint64_t *numbers = calloc(n + 1, 4 * sizeof(*numbers));
	enum ota_err err = OTA_OK;

	rolling.links = ota_matrix_links(&matrix->plan, &rolling.n_links);
	rolling.sending = calloc((n + 1) * (rolling.n_links + 1), sizeof(*rolling.sending));
	if (!legs || !numbers || !rolling.sending) {
		err = ota_fail(diag, OTA_E_MEMORY, "out of memory for the roll-out");
		goto out;
	}
	rolling.bytes = numbers;
	rolling.waiting = numbers + n + 1;
	rolling.now = numbers + 2 * (n + 1);
	rolling.spare = numbers + 3 * (n + 1);
	err = ota_matrix_devices(&matrix->plan, devices, rolling.waiting, diag);
	if (err != OTA_OK)
		goto out;
	find_routes(&rolling, policy, legs);
	err = fill_stages(&rolling, soak_us, stages, diag);
out:
	free(rolling.sending);
	free(numbers);
	free(legs);
	return err;
}
