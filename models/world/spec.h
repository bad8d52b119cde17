/* Moved: models/spec/spec.h. */
#include "models/spec/spec.h"
