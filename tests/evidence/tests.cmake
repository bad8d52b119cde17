# The tables of recorded and simulated faults can be made, and what held still holds. The whole is
# made by hand: tests/evidence/compare --write.
if(Python3_FOUND AND TARGET kafkasim)
    add_test(NAME evidence_tables COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/evidence/compare
        --kafkasim ${CMAKE_BINARY_DIR}/kafkasim --seeds 1..3 --check)
    add_test(NAME evidence_verified COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/evidence/compare --verify)
endif()
if(Python3_FOUND AND TARGET kafkasim)
    add_test(NAME evidence_outcomes COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_SOURCE_DIR}/tests/evidence/outcomes --kafkasim ${CMAKE_BINARY_DIR}/kafkasim)
endif()
if(Python3_FOUND AND TARGET kafkasim)
    add_test(NAME evidence_published COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_SOURCE_DIR}/tests/evidence/published --kafkasim ${CMAKE_BINARY_DIR}/kafkasim)
endif()
