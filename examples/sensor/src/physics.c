// SPDX-License-Identifier: Apache-2.0
#include "physics.h"

#include <math.h>

/* Magnus formula over water, good to 0.1 K between -40 and 50 degrees. */
#define MAGNUS_A	17.62
#define MAGNUS_B	243.12
#define MAGNUS_HPA	6.112

static double vapour_hpa(double celsius)
{
	return MAGNUS_HPA * exp(MAGNUS_A * celsius / (MAGNUS_B + celsius));
}

double physics_dew_point(double celsius, double humidity_pct)
{
	double g;

	if (humidity_pct < 0.1)
		humidity_pct = 0.1;
	g = log(humidity_pct / 100.0) + MAGNUS_A * celsius / (MAGNUS_B + celsius);
	return MAGNUS_B * g / (MAGNUS_A - g);
}

/* Grams of water per cubic metre of air. */
double physics_absolute_humidity(double celsius, double humidity_pct)
{
	return 216.679 * vapour_hpa(celsius) * humidity_pct / 100.0 / (celsius + 273.15);
}

double physics_altitude(double hpa, double sea_level_hpa)
{
	return 44330.77 * (1.0 - pow(hpa / sea_level_hpa, 0.190263));
}

double physics_sea_level(double hpa, double altitude_m, double celsius)
{
	double drop = 0.0065 * altitude_m;

	return hpa * pow(1.0 - drop / (celsius + drop + 273.15), -5.257);
}

/* Kilograms per cubic metre; a parabola around the maximum near 4 degrees with a cubic term. */
double physics_water_density(double celsius)
{
	double d = celsius - 3.983;

	return 999.975 - d * d * (8.0e-3 - 5.3e-5 * d);
}

/*
 * Time until standing water in a bare pipe reaches 0 degrees, by Newton's law of cooling. The
 * heat content grows with the square of the bore and the surface with the bore, so the time
 * constant is taken as proportional to the bore.
 */
double physics_freeze_hours(double water_c, double air_c, double bore_mm)
{
	double tau_h = 0.055 * bore_mm;

	if (water_c <= 0.0)
		return 0.0;
	if (air_c >= 0.0)
		return INFINITY;
	return tau_h * log((water_c - air_c) / -air_c);
}
