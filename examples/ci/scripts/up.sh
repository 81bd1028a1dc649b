#!/bin/sh
# Applies the stack PULUMI_STACK, with a look at the service first, as the review was made. What a
# run that failed half-way left to do is done by the next one.
set -eu

exec metastudio up --yes --skip-preview --refresh -C "${PROJECT_FOLDER:-.}"
