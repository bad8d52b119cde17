# Writes kafkasim_commit.h, at each build: cmake -DROOT=... -DVERSION=... -DOUT=... -P commit.cmake
cmake_policy(VERSION 3.25)
# Outside a checkout the commit is "unknown"; "+" stands for changes that are not committed.
set(commit "unknown")
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${ROOT}/.git)
    execute_process(COMMAND ${GIT_EXECUTABLE} -C ${ROOT} rev-parse --short=12 HEAD
        RESULT_VARIABLE failed OUTPUT_VARIABLE words OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT failed)
        set(commit ${words})
        execute_process(COMMAND ${GIT_EXECUTABLE} -C ${ROOT} diff-index --quiet HEAD --
            RESULT_VARIABLE dirty OUTPUT_QUIET ERROR_QUIET)
        if(dirty)
            string(APPEND commit "+")
        endif()
    endif()
endif()
set(text "#define KAFKASIM_VERSION \"${VERSION}\"\n#define KAFKASIM_COMMIT \"${commit}\"\n")
file(CONFIGURE OUTPUT ${OUT} CONTENT "@text@" @ONLY)
