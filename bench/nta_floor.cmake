# The floor of an ACD call: a bare back-to-back user agent on Sofia's nta.
add_executable(nta_floor ${CMAKE_CURRENT_LIST_DIR}/nta_floor.cpp)
target_link_libraries(nta_floor PRIVATE seatgrid_sip)
