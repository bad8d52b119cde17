# The command line as a process of its own; parts of other folders are included where they stand.
if(Python3_FOUND AND TARGET kafkasim)
    add_test(NAME command_line COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_SOURCE_DIR}/tests/scenarios/cli/cli.py ${CMAKE_BINARY_DIR})
    add_test(NAME command_line_newcomers COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_SOURCE_DIR}/tests/scenarios/cli/newcomers.py ${CMAKE_BINARY_DIR})
    add_test(NAME command_line_hints COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_SOURCE_DIR}/tests/scenarios/cli/hints.py ${CMAKE_BINARY_DIR})
    add_test(NAME command_line_lessons COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_SOURCE_DIR}/tests/scenarios/cli/lessons.py ${CMAKE_BINARY_DIR})
    add_test(NAME class_tools COMMAND ${Python3_EXECUTABLE}
        ${CMAKE_SOURCE_DIR}/tests/scenarios/cli/class_tools.py ${CMAKE_BINARY_DIR})
    set_tests_properties(command_line PROPERTIES TIMEOUT 600)
endif()
file(GLOB scenario_parts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/scenarios/*/tests.cmake)
foreach(scenario_part ${scenario_parts})
    include(${scenario_part})
endforeach()
