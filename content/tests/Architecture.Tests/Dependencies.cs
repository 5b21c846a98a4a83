using Mono.Cecil.Cil;

namespace Architecture.Tests;

/// <summary>
/// What a type depends on, read from its compiled code: signatures, attributes, generic arguments, and every type, method
/// and field that a method body touches. Nested types count as part of the type around them, since that is where the
/// compiler puts lambdas, iterators and asynchronous methods. Names of constants are compiled away and leave no trace.
/// </summary>
internal sealed class Dependencies
{
    private readonly Dictionary<string, TypeReference> _found = [];

    private Dependencies()
    {
    }

    /// <summary>Outermost types, each once, without the type itself.</summary>
    public static IReadOnlyCollection<TypeReference> Of(TypeDefinition type)
    {
        var dependencies = new Dependencies();
        dependencies.AddType(type);
        dependencies._found.Remove(type.FullName);
        return dependencies._found.Values;
    }

    /// <summary>The assembly that a reference points to.</summary>
    public static string AssemblyOf(TypeReference type) =>
        type.Scope is ModuleDefinition module ? module.Assembly.Name.Name : type.Scope.Name;

    private void AddType(TypeDefinition type)
    {
        Add(type.BaseType);
        AddAttributes(type);
        AddGenericParameters(type);
        foreach (var implemented in type.Interfaces)
        {
            Add(implemented.InterfaceType);
        }

        foreach (var field in type.Fields)
        {
            Add(field.FieldType);
            AddAttributes(field);
        }

        foreach (var member in type.Properties.Concat<ICustomAttributeProvider>(type.Events))
        {
            AddAttributes(member);
        }

        foreach (var method in type.Methods)
        {
            AddMethod(method);
        }

        foreach (var nested in type.NestedTypes)
        {
            AddType(nested);
        }
    }

    private void AddMethod(MethodDefinition method)
    {
        AddSignature(method);
        AddAttributes(method);
        AddAttributes(method.MethodReturnType);
        AddGenericParameters(method);
        foreach (var parameter in method.Parameters)
        {
            AddAttributes(parameter);
        }

        if (!method.HasBody)
        {
            return;
        }

        foreach (var variable in method.Body.Variables)
        {
            Add(variable.VariableType);
        }

        foreach (var handler in method.Body.ExceptionHandlers)
        {
            Add(handler.CatchType);
        }

        foreach (var instruction in method.Body.Instructions)
        {
            AddOperand(instruction);
        }
    }

    private void AddOperand(Instruction instruction)
    {
        switch (instruction.Operand)
        {
            case TypeReference type:
                Add(type);
                break;
            case MethodReference method:
                Add(method.DeclaringType);
                AddSignature(method);
                AddAll((method as GenericInstanceMethod)?.GenericArguments);
                break;
            case FieldReference field:
                Add(field.DeclaringType);
                Add(field.FieldType);
                break;
            case IMethodSignature call:
                AddSignature(call);
                break;
        }
    }

    private void AddSignature(IMethodSignature method)
    {
        Add(method.ReturnType);
        AddAll(method.Parameters.Select(parameter => parameter.ParameterType));
    }

    private void AddGenericParameters(IGenericParameterProvider provider) =>
        AddAll(provider.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(c => c.ConstraintType));

    private void AddAttributes(ICustomAttributeProvider provider)
    {
        foreach (var attribute in provider.CustomAttributes)
        {
            Add(attribute.AttributeType);
            AddAll(attribute.ConstructorArguments
                .Concat(attribute.Properties.Concat(attribute.Fields).Select(named => named.Argument))
                .Select(argument => argument.Value as TypeReference));
        }
    }

    private void AddAll(IEnumerable<TypeReference?>? types)
    {
        foreach (var type in types ?? [])
        {
            Add(type);
        }
    }

    private void Add(TypeReference? type)
    {
        switch (type)
        {
            case null or GenericParameter:
                break;
            case FunctionPointerType function:
                AddSignature(function);
                break;
            case TypeSpecification specification:
                Add(specification.ElementType);
                AddAll((specification as GenericInstanceType)?.GenericArguments);
                AddAll(specification is IModifierType modified ? [modified.ModifierType] : []);
                break;
            case { DeclaringType: { } outer }:
                Add(outer);
                break;
            default:
                _found.TryAdd(type.FullName, type);
                break;
        }
    }
}
