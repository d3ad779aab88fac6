# SPDX-License-Identifier: Apache-2.0
# Toolchain for a Cortex-M3; builds formats/ only, which needs no operating system.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_C_FLAGS_INIT "-mcpu=cortex-m3 -mthumb -ffreestanding -fno-stack-protector")
set(OTA_FORMATS_ONLY ON)
