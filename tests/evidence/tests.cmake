# The table of recorded and simulated crashes can be made; what it says is for people to read.
if(Python3_FOUND AND TARGET kafkasim)
    add_test(NAME evidence_crash_leader COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_SOURCE_DIR}/tests/evidence/crash_leader ${CMAKE_BINARY_DIR}/kafkasim --seeds 1..3)
endif()
