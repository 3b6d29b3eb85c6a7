using System.Runtime.Loader;
using Upscale.Module.Tests.Hosting;

namespace Upscale.Module.Tests;

public sealed class IsolationTests
{
    private const string ModuleContext = "Upscale";

    public IsolationTests()
    {
        using var session = new ModuleSession();
        using var folder = new PictureFolder();
        session.Run("param($Path) Invoke-Upscale -LiteralPath $Path", ("Path", folder.AddPhotograph("cat.png"))).AssertNoErrors();
    }

    [Fact]
    public void Of_the_module_only_the_loader_and_the_contract_are_in_the_default_context()
        => Assert.Equal(["Upscale.Abstractions", "Upscale.Loader"], Names(AssemblyLoadContext.Default).Where(n => n.StartsWith("Upscale.", StringComparison.Ordinal)));

    [Fact]
    public void The_cmdlets_the_engine_and_its_dependencies_are_in_the_modules_own_context()
    {
        string[] expected = ["McMaster.NETCore.Plugins", "Microsoft.ML.OnnxRuntime", "NetVips", "Upscale.Cmdlets", "Upscale.Imaging", "Upscale.Inference", "Upscale.Pipelines"];
        Assert.Empty(expected.Except(Names(Single(ModuleContext))));
    }

    [Fact]
    public void The_contract_is_loaded_once_in_the_process()
        => Assert.Single(AssemblyLoadContext.All.SelectMany(Names), "Upscale.Abstractions");

    [Theory]
    [InlineData("NetVips")]
    [InlineData("Microsoft.ML.OnnxRuntime")]
    [InlineData("McMaster.NETCore.Plugins")]
    public void A_dependency_that_another_module_loaded_in_another_version_stays_apart(string name)
    {
        Assert.Contains(name, ForeignDependencies.Names);
        Assert.Equal(ForeignDependencies.Version, VersionIn(AssemblyLoadContext.Default, name));
        Assert.NotEqual(ForeignDependencies.Version, VersionIn(Single(ModuleContext), name));
    }

    private static AssemblyLoadContext Single(string name) => Assert.Single(AssemblyLoadContext.All, c => c.Name == name);

    private static Version? VersionIn(AssemblyLoadContext context, string name) => Assert.Single(context.Assemblies, a => a.GetName().Name == name).GetName().Version;

    private static IEnumerable<string> Names(AssemblyLoadContext context) => context.Assemblies.Select(a => a.GetName().Name!).Order(StringComparer.Ordinal);
}
