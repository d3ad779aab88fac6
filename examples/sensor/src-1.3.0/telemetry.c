// SPDX-License-Identifier: Apache-2.0
#include "telemetry.h"

#include <math.h>

#include "app.h"
#include "cbor.h"
#include "errors.h"
#include "rtc.h"

/* Two decimals are more than the sensors deliver and often leave a whole number. */
static void put_rounded(struct cbor_writer *w, const char *key, float value, float step)
{
	cbor_text(w, key);
	cbor_float(w, roundf(value / step) * step);
}

int telemetry_build(struct frame *f)
{
	struct cbor_writer w;
	int len;

	cbor_init(&w, f->payload, sizeof(f->payload));
	cbor_map(&w, 12);
	cbor_text(&w, "id");
	cbor_uint(&w, app.settings.serial);
	cbor_text(&w, "t");
	cbor_uint(&w, rtc_now());
	cbor_text(&w, "vol");
	cbor_uint(&w, (uint64_t)app.flow.litres);
	cbor_text(&w, "rev");
	cbor_uint(&w, (uint64_t)app.flow.litres_reverse);
	put_rounded(&w, "lph", app.flow.rate_lph, 0.1f);
	put_rounded(&w, "air", app.air_valid ? app.air.temperature_c : NAN, 0.01f);
	put_rounded(&w, "rh", app.air_valid ? app.air.humidity_pct : NAN, 0.1f);
	put_rounded(&w, "kpa", app.pressure.valid ? app.pressure.smooth_kpa : NAN, 0.5f);
	put_rounded(&w, "wat", app.pressure.valid ? app.pressure.now.celsius : NAN, 0.1f);
	put_rounded(&w, "bat", app.battery.percent, 1.0f);
	cbor_text(&w, "leak");
	cbor_uint(&w, app.leak.flags);
	cbor_text(&w, "frost");
	cbor_bool(&w, app.frost);
	len = cbor_done(&w);
	if (len < 0)
		return len;
	f->type = FRAME_TELEMETRY;
	f->schema = TELEMETRY_SCHEMA;
	f->seq = (uint8_t)app.telemetry_frames++;
	f->len = (uint8_t)len;
	return ERR_OK;
}
