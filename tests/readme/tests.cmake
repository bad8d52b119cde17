if(Python3_FOUND AND TARGET kafkasim)
    add_test(NAME readme_commands
        COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tests/readme/readme_commands.py ${CMAKE_BINARY_DIR})
endif()
