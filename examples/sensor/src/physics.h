// SPDX-License-Identifier: Apache-2.0
#ifndef PHYSICS_H
#define PHYSICS_H

double physics_dew_point(double celsius, double humidity_pct);
double physics_absolute_humidity(double celsius, double humidity_pct);
double physics_altitude(double hpa, double sea_level_hpa);
double physics_sea_level(double hpa, double altitude_m, double celsius);
double physics_water_density(double celsius);
double physics_freeze_hours(double water_c, double air_c, double bore_mm);

#endif
