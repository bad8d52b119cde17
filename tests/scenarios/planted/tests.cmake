# The program with a planted bug, and what it says of it.
if(Python3_FOUND AND TARGET kafkasim)
    add_executable(kafkasim_planted ${CMAKE_CURRENT_SOURCE_DIR}/scenarios/planted/kafkasim_planted.c)
    target_link_libraries(kafkasim_planted PRIVATE runner)
    add_test(NAME broken_invariants COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_CURRENT_SOURCE_DIR}/scenarios/planted/planted.py $<TARGET_FILE:kafkasim_planted>)
    set_tests_properties(broken_invariants PROPERTIES TIMEOUT 300)
endif()
