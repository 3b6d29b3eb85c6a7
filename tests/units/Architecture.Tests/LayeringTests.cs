using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Upscale.Testing;

namespace Upscale.Architecture.Tests;

/// <summary>References point down only, and each native world is known to one layer.</summary>
public sealed class LayeringTests
{
    /// <summary>What plugins share at build time; each has a copy of its own.</summary>
    private const string PrivateLibrary = "Upscale.Diffusion";

    private static readonly string s_bin = Path.Combine(TestData.Root, "module", "bin");

    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["Upscale.Abstractions"] = [],
        ["Upscale.Imaging"] = ["Upscale.Abstractions", "NetVips"],
        ["Upscale.Kernels"] = [],
        ["Upscale.Inference"] = ["Upscale.Abstractions", "Upscale.Kernels", "Microsoft.ML.OnnxRuntime"],
        ["Upscale.Pipelines"] = ["Upscale.Abstractions", "Upscale.Imaging", "Upscale.Inference", "McMaster.NETCore.Plugins"],
        ["Upscale.Cmdlets"] = ["Upscale.Abstractions", "Upscale.Imaging", "Upscale.Inference", "Upscale.Pipelines", "System.Management.Automation"],
        ["Upscale.Diffusion"] = ["Upscale.Abstractions"],
        ["Upscale.Loader"] = ["Upscale.Abstractions", "System.Management.Automation"],
        ["upscale"] = ["Upscale.Abstractions", "Upscale.Imaging", "Upscale.Inference", "Upscale.Pipelines", "System.CommandLine", "Spectre.Console", "Spectre.Console.Ansi"],
    };

    public static TheoryData<string> Ours => new(s_allowed.Keys);

    public static TheoryData<string> Plugins => new(Directory.EnumerateDirectories(Path.Combine(s_bin, "plugins")).Select(d => Path.GetFileName(d)!));

    [Theory]
    [MemberData(nameof(Ours))]
    public void An_assembly_refers_to_the_layers_below_it_only(string name)
        => Assert.Empty(References(Locate(name)).Except(s_allowed[name]));

    [Theory]
    [MemberData(nameof(Plugins))]
    public void A_built_in_plugin_uses_nothing_that_a_third_party_could_not(string name)
        => Assert.Equal(["Upscale.Abstractions"], References(Path.Combine(s_bin, "plugins", name, name + ".dll")).Where(r => s_allowed.ContainsKey(r) && r != PrivateLibrary));

    [Theory]
    [MemberData(nameof(Plugins))]
    public void A_plugins_folder_holds_neither_the_contract_nor_the_engine(string name)
        => Assert.DoesNotContain(
            Directory.EnumerateFiles(Path.Combine(s_bin, "plugins", name), "*.dll", SearchOption.AllDirectories).Select(f => Path.GetFileNameWithoutExtension(f)),
            f => (s_allowed.ContainsKey(f) && f != PrivateLibrary) || f.Contains("onnxruntime", StringComparison.OrdinalIgnoreCase) || f.Contains("vips", StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void The_contract_lies_beside_the_loader_and_not_in_the_engine()
    {
        Assert.True(File.Exists(Path.Combine(s_bin, "Upscale.Abstractions.dll")));
        Assert.False(File.Exists(Path.Combine(s_bin, "engine", "Upscale.Abstractions.dll")));
    }

    /// <summary>The folder of this build's configuration, which is the one the tests run in.</summary>
    private static string Locate(string name)
    {
        string configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Release" : "Debug";
        return name switch
        {
            "Upscale.Abstractions" or "Upscale.Loader" => Path.Combine(s_bin, name + ".dll"),
            PrivateLibrary => Path.Combine(s_bin, "plugins", "Diffusion", name + ".dll"),
            "upscale" => Path.Combine(TestData.Root, "src", "Upscale.Cli", "bin", configuration, "net10.0", name + ".dll"),
            _ => Path.Combine(s_bin, "engine", name + ".dll"),
        };
    }

    /// <summary>Names of referenced assemblies that are not part of .NET.</summary>
    private static string[] References(string path)
    {
        using FileStream stream = File.OpenRead(path);
        using var file = new PEReader(stream);
        MetadataReader reader = file.GetMetadataReader();
        return [.. reader.AssemblyReferences
            .Select(handle => reader.GetString(reader.GetAssemblyReference(handle).Name))
            .Where(name => name is not ("mscorlib" or "netstandard" or "Microsoft.Win32.Primitives") && (!name.StartsWith("System", StringComparison.Ordinal) || name is "System.CommandLine" or "System.Management.Automation"))
            .Order(StringComparer.Ordinal)];
    }
}
