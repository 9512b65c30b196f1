package compose

// HintCode names what a hint is about; the names are those of the reference composer.
type HintCode string

// The codes of hints.
const (
	HintContextualArgumentNotContextualInAllSubgraphs HintCode = "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"
	HintDirectiveCompositionInfo                      HintCode = "DIRECTIVE_COMPOSITION_INFO"
	HintDirectiveCompositionWarn                      HintCode = "DIRECTIVE_COMPOSITION_WARN"
	HintFromSubgraphDoesNotExist                      HintCode = "FROM_SUBGRAPH_DOES_NOT_EXIST"
	HintImplicitlyUpgradedFederationVersion           HintCode = "IMPLICITLY_UPGRADED_FEDERATION_VERSION"
	HintInconsistentArgumentPresence                  HintCode = "INCONSISTENT_ARGUMENT_PRESENCE"
	HintInconsistentButCompatibleArgumentType         HintCode = "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE"
	HintInconsistentButCompatibleFieldType            HintCode = "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE"
	HintInconsistentDefaultValuePresence              HintCode = "INCONSISTENT_DEFAULT_VALUE_PRESENCE"
	HintInconsistentDescription                       HintCode = "INCONSISTENT_DESCRIPTION"
	HintInconsistentEntity                            HintCode = "INCONSISTENT_ENTITY"
	HintInconsistentEnumValueForInputEnum             HintCode = "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM"
	HintInconsistentEnumValueForOutputEnum            HintCode = "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM"
	HintInconsistentExecutableDirectiveLocations      HintCode = "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS"
	HintInconsistentExecutableDirectivePresence       HintCode = "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE"
	HintInconsistentExecutableDirectiveRepeatable     HintCode = "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE"
	HintInconsistentInputObjectField                  HintCode = "INCONSISTENT_INPUT_OBJECT_FIELD"
	HintInconsistentInterfaceValueTypeField           HintCode = "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD"
	HintInconsistentNonRepeatableDirectiveArguments   HintCode = "INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS"
	HintInconsistentObjectValueTypeField              HintCode = "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD"
	HintInconsistentRuntimeTypesForShareableReturn    HintCode = "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN"
	HintInconsistentUnionMember                       HintCode = "INCONSISTENT_UNION_MEMBER"
	HintMergedNonRepeatableDirectiveArguments         HintCode = "MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS"
	HintNoExecutableDirectiveIntersection             HintCode = "NO_EXECUTABLE_DIRECTIVE_INTERSECTION"
	HintOverriddenFieldCanBeRemoved                   HintCode = "OVERRIDDEN_FIELD_CAN_BE_REMOVED"
	HintOverrideDirectiveCanBeRemoved                 HintCode = "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED"
	HintOverrideMigrationInProgress                   HintCode = "OVERRIDE_MIGRATION_IN_PROGRESS"
	HintUnusedEnumType                                HintCode = "UNUSED_ENUM_TYPE"
)
