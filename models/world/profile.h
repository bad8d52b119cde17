/* Moved: models/spec/profile.h. */
#include "models/spec/profile.h"
