using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Upscale.Packaging;

/// <summary>The public types of an assembly with their documentation comments, as one page of Markdown. What has no comment was made by the compiler and is left out.</summary>
internal sealed partial class ApiReference
{
    private static readonly NullabilityInfoContext s_nullability = new();

    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void", [typeof(bool)] = "bool", [typeof(byte)] = "byte", [typeof(int)] = "int", [typeof(uint)] = "uint", [typeof(long)] = "long",
        [typeof(ulong)] = "ulong", [typeof(float)] = "float", [typeof(double)] = "double", [typeof(string)] = "string", [typeof(object)] = "object", [typeof(ushort)] = "ushort",
    };

    private readonly Assembly _assembly;
    private readonly Dictionary<string, XElement> _comments;

    /// <param name="path">Of the assembly; its documentation comments lie beside it.</param>
    public ApiReference(string path)
    {
        _assembly = Assembly.LoadFrom(Path.GetFullPath(path));
        _comments = XDocument.Load(Path.ChangeExtension(path, ".xml")).Descendants("member").ToDictionary(m => m.Attribute("name")!.Value);
    }

    /// <summary>Writes the page.</summary>
    public string Write()
    {
        Type[] types = [.. _assembly.GetExportedTypes().Where(t => !t.IsNested).OrderBy(t => t.Name, StringComparer.Ordinal)];
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# {_assembly.GetName().Name}\n\nThe contract between host and plugins, as its documentation comments have it; this page is written from them. [README.md](README.md) tells how a plugin is made.\n\n| | |\n|---|---|\n");
        foreach (Type type in types)
            page.Append(CultureInfo.InvariantCulture, $"| [{Name(type)}](#{Anchor(type)}) | {FirstSentence(Prose(Comment(type)?.Element("summary")))} |\n");
        foreach (Type type in types)
            Append(page, type);
        return page.ToString();
    }

    private void Append(StringBuilder page, Type type)
    {
        XElement? comment = Comment(type);
        page.Append(CultureInfo.InvariantCulture, $"\n## {Name(type)}\n\n`{Declaration(type)}`\n\n{Prose(comment?.Element("summary"))}\n");
        if (comment?.Element("remarks") is { } remarks)
            page.Append(CultureInfo.InvariantCulture, $"\n{Prose(remarks)}\n");
        page.Append('\n');
        if (type.IsEnum)
        {
            foreach (string name in Enum.GetNames(type))
                page.Append(CultureInfo.InvariantCulture, $"- `{name}` - {Prose(Comment($"F:{type.FullName}.{name}")?.Element("summary"))}\n");
            return;
        }

        // Of a record, the parameters of its constructor are its properties.
        foreach (XElement parameter in comment?.Elements("param") ?? [])
        {
            string name = parameter.Attribute("name")!.Value;
            string declared = type.GetProperty(name) is { } property ? Declaration(property) : name;
            page.Append(CultureInfo.InvariantCulture, $"- `{declared}` - {Prose(parameter)}\n");
        }

        const BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (MemberInfo member in type.GetMembers(Own).Where(IsVisible).OrderBy(Order).ThenBy(m => m.Name, StringComparer.Ordinal).ThenBy(Id, StringComparer.Ordinal))
        {
            if (Comment(Id(member)) is { } told && told.Element("summary") is { } summary)
                Append(page, member, told, summary);
        }
    }

    private static void Append(StringBuilder page, MemberInfo member, XElement told, XElement summary)
    {
        page.Append(CultureInfo.InvariantCulture, $"- `{Declaration(member)}` - {Prose(summary)}\n");
        foreach (XElement parameter in told.Elements("param"))
            page.Append(CultureInfo.InvariantCulture, $"  - `{parameter.Attribute("name")!.Value}`: {Prose(parameter)}\n");
        if (told.Element("returns") is { } returns)
            page.Append(CultureInfo.InvariantCulture, $"  - Returns: {Prose(returns)}\n");
        foreach (XElement exception in told.Elements("exception"))
            page.Append(CultureInfo.InvariantCulture, $"  - Throws `{exception.Attribute("cref")!.Value.Split('.')[^1]}`: {Prose(exception)}\n");
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly) && (method is ConstructorInfo || !method.IsSpecialName),
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(a => IsVisibleAccessor(a)),
        FieldInfo field => field.IsPublic || field.IsFamily,
        _ => false,
    };

    private static bool IsVisibleAccessor(MethodInfo accessor) => accessor.IsPublic || accessor.IsFamily || accessor.IsFamilyOrAssembly;

    private static int Order(MemberInfo member) => member switch { ConstructorInfo => 0, FieldInfo => 1, PropertyInfo => 2, _ => 3 };

    private XElement? Comment(Type type) => Comment($"T:{type.FullName}");

    private XElement? Comment(string id) => _comments.GetValueOrDefault(id);

    /// <summary>The name that a comment has in the compiler's file (C# language specification, annex D.4.2).</summary>
    private static string Id(MemberInfo member) => member switch
    {
        MethodBase method => $"M:{method.DeclaringType!.FullName}.{(method is ConstructorInfo ? "#ctor" : method.Name)}{Arity(method)}{Arguments(method.GetParameters())}",
        PropertyInfo property => $"P:{property.DeclaringType!.FullName}.{property.Name}{Arguments(property.GetIndexParameters())}",
        _ => $"F:{member.DeclaringType!.FullName}.{member.Name}",
    };

    private static string Arity(MethodBase method) => method.IsGenericMethod ? $"``{method.GetGenericArguments().Length}" : "";

    private static string Arguments(ParameterInfo[] parameters)
        => parameters.Length == 0 ? "" : $"({string.Join(',', parameters.Select(p => IdOf(p.ParameterType)))})";

    private static string IdOf(Type type)
    {
        if (type.IsByRef)
            return IdOf(type.GetElementType()!) + "@";
        if (type.IsArray)
            return IdOf(type.GetElementType()!) + "[]";
        if (type.IsGenericMethodParameter)
            return $"``{type.GenericParameterPosition}";
        if (type.IsGenericTypeParameter)
            return $"`{type.GenericParameterPosition}";
        return type.IsGenericType
            ? $"{type.GetGenericTypeDefinition().FullName!.Split('`')[0]}{{{string.Join(',', type.GetGenericArguments().Select(IdOf))}}}"
            : type.FullName!;
    }

    private static string Declaration(Type type)
    {
        bool isRecord = type.GetMethod("<Clone>$") is not null || (type.IsValueType && type.GetMethod("PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance) is not null);
        string kind = type switch
        {
            { IsEnum: true } => "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => isRecord ? "record struct" : "struct",
            { IsAbstract: true, IsSealed: true } => "static class",
            { IsAbstract: true } => "abstract class",
            _ => isRecord ? "record" : "class",
        };
        IEnumerable<Type> bases = type.IsEnum || type.IsValueType ? [] : type.BaseType is { } parent && parent != typeof(object) ? [parent] : [];
        IEnumerable<Type> interfaces = type.IsEnum ? [] : type.GetInterfaces().Where(i => !i.IsGenericType && i.Namespace != "System.Runtime.Serialization").Except(type.BaseType?.GetInterfaces() ?? []);
        string[] names = [.. bases.Concat(interfaces).Select(Name)];
        return $"{kind} {Name(type)}{(names.Length > 0 ? $" : {string.Join(", ", names)}" : "")}";
    }

    private static string Declaration(MemberInfo member)
    {
        switch (member)
        {
            case ConstructorInfo constructor:
                return $"{Name(constructor.DeclaringType!)}({Parameters(constructor.GetParameters())})";
            case MethodInfo method:
                string generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
                return $"{Modifier(method)}{Name(s_nullability.Create(method.ReturnParameter), method.ReturnType)} {method.Name}{generic}({Parameters(method.GetParameters())})";
            case PropertyInfo property:
                MethodInfo first = property.GetAccessors(nonPublic: true)[0];
                string name = property.GetIndexParameters() is { Length: > 0 } index ? $"this[{Parameters(index)}]" : property.Name;
                return $"{Modifier(first)}{Name(s_nullability.Create(property), property.PropertyType)} {name} {{ {Accessors(property)}}}";
            case FieldInfo field:
                string value = field.IsLiteral ? $" = {Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}" : "";
                return $"{(field.IsLiteral ? "const " : field.IsStatic ? "static readonly " : "")}{Name(s_nullability.Create(field), field.FieldType)} {field.Name}{value}";
            default:
                throw new ArgumentException($"{member} is no kind of member that is known.", nameof(member));
        }
    }

    private static string Accessors(PropertyInfo property)
    {
        string text = property.GetMethod is { } get && IsVisibleAccessor(get) ? "get; " : "";
        if (property.SetMethod is not { } set || !IsVisibleAccessor(set))
            return text;
        return text + (set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init; " : "set; ");
    }

    private static string Modifier(MethodInfo method)
    {
        string access = method.IsFamily || method.IsFamilyOrAssembly ? "protected " : "";
        if (method.DeclaringType!.IsInterface)
            return method.IsStatic ? "static " : "";
        return access + (method.IsStatic ? "static " : method.IsAbstract ? "abstract " : method.GetBaseDefinition() != method ? "override " : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "");
    }

    private static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(p =>
    {
        string direction = p.IsOut ? "out " : p.ParameterType.IsByRef ? (p.IsIn ? "in " : "ref ") : p.IsDefined(typeof(ParamArrayAttribute)) || p.IsDefined(typeof(ParamCollectionAttribute)) ? "params " : "";
        string value = !p.HasDefaultValue ? "" : $" = {p.DefaultValue switch { null => p.ParameterType.IsValueType && Nullable.GetUnderlyingType(p.ParameterType) is null ? "default" : "null", bool flag => flag ? "true" : "false", string text => $"\"{text}\"", var other => Convert.ToString(other, CultureInfo.InvariantCulture) }}";
        return $"{direction}{Name(s_nullability.Create(p), p.ParameterType)} {p.Name}{value}";
    }));

    /// <summary>A type as it is written in C#, with the question marks of references that may be null.</summary>
    private static string Name(NullabilityInfo nullability, Type type)
    {
        if (type.IsByRef)
            return nullability.ElementType is { } element ? Name(element, type.GetElementType()!) : Name(type.GetElementType()!);
        string mark = !type.IsValueType && nullability.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsArray)
            return $"{Name(nullability.ElementType!, type.GetElementType()!)}[]{mark}";
        if (!type.IsGenericType || Nullable.GetUnderlyingType(type) is not null)
            return Name(type) + mark;
        string[] arguments = [.. type.GetGenericArguments().Select((a, i) => i < nullability.GenericTypeArguments.Length ? Name(nullability.GenericTypeArguments[i], a) : Name(a))];
        return Generic(type, arguments) + mark;
    }

    private static string Name(Type type)
    {
        if (s_keywords.TryGetValue(type, out string? keyword))
            return keyword;
        if (type.IsByRef || type.IsArray)
            return Name(type.GetElementType()!) + (type.IsArray ? "[]" : "");
        if (Nullable.GetUnderlyingType(type) is { } inner)
            return Name(inner) + "?";
        return type.IsGenericType ? Generic(type, [.. type.GetGenericArguments().Select(Name)]) : type.Name;
    }

    private static string Generic(Type type, string[] arguments)
        => type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true
            ? $"({string.Join(", ", arguments)})"
            : $"{type.Name.Split('`')[0]}<{string.Join(", ", arguments)}>";

    private static string Anchor(Type type) => Marks().Replace(Name(type), "").ToLowerInvariant();

    private static string FirstSentence(string text) => SentenceEnd().Match(text) is { Success: true } end ? text[..(end.Index + 1)] : text;

    /// <summary>A comment as Markdown on one line.</summary>
    private static string Prose(XElement? element) => element is null ? "" : Space().Replace(string.Concat(element.Nodes().Select(Text)), " ").Trim();

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value.Replace("<", "&lt;", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal),
        XElement element when element.Attribute("cref")?.Value is { } target => $"`{target.Split('(')[0].Split('.', ':')[^1]}`",
        XElement element when element.Attribute("langword")?.Value is { } word => $"`{word}`",
        XElement { Name.LocalName: "paramref" or "typeparamref" } element => $"`{element.Attribute("name")!.Value}`",
        XElement { Name.LocalName: "c" } element => $"`{element.Value}`",
        XElement element => string.Concat(element.Nodes().Select(Text)),
        _ => "",
    };

    // Not behind the initials of a name.
    [GeneratedRegex(@"(?<![A-Z])\. ")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"[^A-Za-z0-9]")]
    private static partial Regex Marks();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
