#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# For build systems that start imgtool with Python: runs the otatool beside this file in its place.
import os, sys
otatool = os.path.join(os.path.dirname(os.path.realpath(__file__)), "otatool")
try: os.execv(otatool, ["imgtool"] + sys.argv[1:])
except OSError as error: print(f"Error: {otatool}: {error.strerror}", file=sys.stderr); sys.exit(2)
