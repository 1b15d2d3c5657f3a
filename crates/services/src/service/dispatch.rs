//! The macro that makes services and operations of the rows in [`super`]. Every question about an operation is one
//! `match` here and goes to the [`Rules`](super::Rules) of the operation's service.

/// Makes `Service` and `Operation` of the rows: a service's name here, and its module.
macro_rules! services {
    ($($(#[$doc:meta])* $service:ident: $module:ident,)*) => {
        /// The services that are answered.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Service {
            $($(#[$doc])* $service,)*
        }

        impl Service {
            /// All of them.
            pub const ALL: [Self; [$(Self::$service),*].len()] = [$(Self::$service),*];

            /// What is true of the service, whatever is done with it.
            pub fn profile(self) -> &'static Profile {
                match self {
                    $(Self::$service => crate::model::$module::Operation::PROFILE,)*
                }
            }

            /// The `errorCode` under which CloudTrail records a refusal.
            pub fn recorded_error_code(self, refusal: &Refusal) -> Cow<'_, str> {
                match self {
                    $(Self::$service => crate::model::$module::Operation::recorded_error_code(refusal),)*
                }
            }

            /// The names of the operations that the model says are sent without a signature.
            pub fn unsigned(self) -> &'static [&'static str] {
                match self {
                    $(Self::$service => crate::model::$module::UNSIGNED,)*
                }
            }

            /// The names of the model's operations that are not answered.
            fn not_supported(self) -> &'static [&'static str] {
                match self {
                    $(Self::$service => crate::model::$module::NOT_SUPPORTED,)*
                }
            }
        }

        /// An operation that a model names.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Operation {
            $($(#[$doc])* $service(crate::model::$module::Operation),)*
            /// Known from a model, but answered with the service's "not supported".
            NotSupported(Service, &'static str),
        }

        impl Operation {
            /// The operation of `service` with this name.
            pub fn from_name(service: Service, name: &str) -> Option<Self> {
                let supported = match service {
                    $(Service::$service => {
                        crate::model::$module::Operation::from_name(name).map(Self::$service)
                    })*
                };
                supported.or_else(|| {
                    let known = service.not_supported().iter().find(|known| **known == name)?;
                    Some(Self::NotSupported(service, known))
                })
            }

            /// The operation at that path, of the services that have one path for each.
            pub fn from_path(path: &str) -> Option<Self> {
                None$(.or_else(|| crate::model::$module::Operation::from_path(path).map(Self::$service)))*
            }

            /// Every operation of `service` that is carried out.
            pub fn supported(service: Service) -> Vec<Self> {
                match service {
                    $(Service::$service => {
                        let all = crate::model::$module::Operation::ALL;
                        all.iter().copied().map(Self::$service).collect()
                    })*
                }
            }

            /// The service.
            pub fn service(self) -> Service {
                match self {
                    $(Self::$service(_) => Service::$service,)*
                    Self::NotSupported(service, _) => service,
                }
            }

            /// The operation's name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$service(operation) => operation.name(),)*
                    Self::NotSupported(_, name) => name,
                }
            }

            /// What the model says of the operation; `None` where it is not supported.
            pub fn shape(self) -> Option<&'static OperationShape> {
                match self {
                    $(Self::$service(operation) => Some(operation.shape()),)*
                    Self::NotSupported(..) => None,
                }
            }
        }

        /// Each asks the rules of the operation's service.
        impl Operation {
            /// See [`Rules::is_read_only`]. Operations that are not supported change nothing either.
            pub fn is_read_only(self) -> bool {
                match self {
                    $(Self::$service(operation) => Rules::is_read_only(operation),)*
                    Self::NotSupported(..) => true,
                }
            }

            /// See [`Rules::rates`].
            pub fn rates(self) -> Rates {
                match self {
                    $(Self::$service(operation) => operation.rates(),)*
                    Self::NotSupported(..) => Rates::default(),
                }
            }

            /// See [`Rules::access`].
            ///
            /// # Errors
            /// What the service refuses before policies are asked, and operations that are not supported.
            pub fn access(
                self,
                members: &Value,
                caller: &Caller,
                validation: Validation,
                world: &World<'_>,
            ) -> Result<Option<Access>, Failure> {
                match self {
                    $(Self::$service(operation) => operation.access(members, caller, validation, world),)*
                    Self::NotSupported(service, name) => Err(refuse_not_supported(service, name).into()),
                }
            }

            /// Whether the operation takes no signature, by its model.
            pub fn is_unsigned(self) -> bool {
                self.service().unsigned().contains(&self.name())
            }

            /// See [`Rules::caller_in`].
            ///
            /// # Errors
            /// The service's refusal.
            pub fn caller_in(
                self,
                members: &Value,
                context: &Context,
                issuers: &dyn IssuerKeys,
                world: &World<'_>,
            ) -> Result<Caller, Failure> {
                match self {
                    $(Self::$service(operation) => Rules::caller_in(operation, members, context, issuers, world),)*
                    Self::NotSupported(service, name) => Err(refuse_not_supported(service, name).into()),
                }
            }

            /// See [`Rules::second_factor`].
            ///
            /// # Errors
            /// The service's refusal.
            pub fn second_factor(
                self,
                members: &Value,
                caller: &Caller,
                context: &Context,
                world: &mut Guarded<'_>,
            ) -> Result<bool, Failure> {
                match self {
                    $(Self::$service(operation) => {
                        Rules::second_factor(operation, members, caller, context, world)
                    })*
                    Self::NotSupported(..) => Ok(false),
                }
            }

            /// See [`Rules::denied`].
            pub fn denied(self, denial: &Denial, caller: &Caller, context: &Context) -> Refusal {
                match self {
                    $(Self::$service(operation) => operation.denied(denial, caller, context),)*
                    Self::NotSupported(..) => self.access_denied(&denial.message()),
                }
            }

            /// See [`Rules::refuse_wrong_types`].
            ///
            /// # Errors
            /// As the service refuses them.
            pub fn refuse_wrong_types(self, members: &Value) -> Result<(), Refusal> {
                match self {
                    $(Self::$service(operation) => operation.refuse_wrong_types(members),)*
                    Self::NotSupported(..) => Ok(()),
                }
            }

            /// See [`Rules::validate`].
            ///
            /// # Errors
            /// The service's refusal.
            pub fn validate(self, members: &Value, validation: Validation) -> Result<(), Refusal> {
                match self {
                    $(Self::$service(operation) => Rules::validate(operation, members, validation),)*
                    Self::NotSupported(..) => Ok(()),
                }
            }

            /// See [`Rules::execute`].
            ///
            /// # Errors
            /// What the operation refuses.
            pub fn execute(
                self,
                permitted: Option<&Permitted>,
                caller: &Caller,
                members: &Value,
                context: &Context,
                world: &mut Guarded<'_>,
            ) -> Result<Value, Failure> {
                match self {
                    $(Self::$service(operation) => {
                        Rules::execute(operation, permitted, caller, members, context, world)
                    })*
                    Self::NotSupported(service, name) => Err(refuse_not_supported(service, name).into()),
                }
            }

            /// See [`Rules::request_parameters`].
            pub fn request_parameters(self, members: &Value, caller: Option<&Caller>) -> Value {
                match self {
                    $(Self::$service(operation) => operation.request_parameters(members, caller),)*
                    Self::NotSupported(..) => Value::Null,
                }
            }

            /// See [`Rules::response_elements`].
            pub fn response_elements(self, output: &Value) -> Value {
                match self {
                    $(Self::$service(operation) => operation.response_elements(output),)*
                    Self::NotSupported(..) => Value::Null,
                }
            }

            /// See [`Rules::additional_event_data`].
            pub fn additional_event_data(self, endpoint: &Endpoint<'_>, context: &Context) -> Value {
                match self {
                    $(Self::$service(operation) => operation.additional_event_data(endpoint, context),)*
                    Self::NotSupported(..) => Value::Null,
                }
            }

            /// See [`Rules::resources`].
            pub fn resources(self, members: &Value, output: Option<&Value>) -> Value {
                match self {
                    $(Self::$service(operation) => operation.resources(members, output),)*
                    Self::NotSupported(..) => Value::Null,
                }
            }

            /// See [`Rules::target_record`].
            pub fn target_record(self) -> Option<TargetRecord> {
                match self {
                    $(Self::$service(operation) => operation.target_record(),)*
                    Self::NotSupported(..) => None,
                }
            }
        }

        $(impl From<crate::model::$module::Error> for Failure {
            /// Lets a rule use `?` on the errors of its service's model.
            fn from(error: crate::model::$module::Error) -> Self {
                Refusal::from(error).into()
            }
        })*
    };
}
pub(super) use services;
