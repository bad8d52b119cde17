# The schema and the checker agree; skipped where python3-jsonschema is missing.
if(Python3_FOUND AND TARGET kafkasim)
    add_test(NAME scenario_schema COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_CURRENT_LIST_DIR}/schema.py ${CMAKE_BINARY_DIR}
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(scenario_schema PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endif()
if(Python3_FOUND AND TARGET kafkasim)
    add_test(NAME scenario_repeat COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_CURRENT_LIST_DIR}/repeat.py ${CMAKE_BINARY_DIR}
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(scenario_repeat PROPERTIES TIMEOUT 300)
endif()
