# What reads provisioning; several targets are built of it.
set(NUMBERS domain/number.cpp domain/number_plan.cpp domain/number_shape.cpp ${PROJECT_BINARY_DIR}/domain/number_plan_embedded.cpp)
set(DOCUMENT base/result.cpp config/document.cpp config/document_json.cpp config/document_toml.cpp config/finding.cpp
  config/finding_codec.cpp)
set(PROVISION ${NUMBERS} ${DOCUMENT} base/ids.cpp config/flow_graph.cpp config/provision.cpp config/provision_access.cpp
  config/provision_flow.cpp config/provision_parts.cpp config/provision_people.cpp config/provision_whole.cpp config/reader.cpp
  domain/edge_directory.cpp domain/ip_prefix.cpp domain/tenant_config.cpp domain/tenant_config_codec.cpp)
