using Upscale.Pipelines.Plugins;
using Upscale.Testing;

namespace Upscale.Pipelines.Tests;

public sealed class PluginCatalogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_built_in_plugins_are_found_without_loading_them()
    {
        using var catalog = BuiltIn();
        Assert.Contains(catalog.Stages, s => s.Id == "interpolation" && s.Options.Any(o => o.Name == "kernel" && o.Choices.Contains("lanczos3")));
        Assert.Contains(catalog.Stages, s => s.Id == "gan");
        Assert.All(catalog.Plugins, p => Assert.False(p.Loaded));
        Assert.All(catalog.Plugins, p => Assert.Null(p.Error));
    }

    [Fact]
    public void A_stage_in_use_loads_its_plugin_into_a_context_of_its_own_that_shares_the_contract()
    {
        using var catalog = BuiltIn();
        IStageFactory factory = catalog.Factory("gan");
        var context = System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(factory.GetType().Assembly)!;
        Assert.True(context.IsCollectible);
        Assert.NotSame(System.Runtime.Loader.AssemblyLoadContext.Default, context);
        Assert.True(catalog.Plugins.Single(p => p.Id == "Gan").Loaded);
        Assert.False(catalog.Plugins.Single(p => p.Id == "Interpolation").Loaded);
        Assert.Same(factory, catalog.Factory("GAN"));
    }

    [Fact]
    public void An_unloaded_plugin_is_collected()
    {
        WeakReference context = LoadAndUnload();
        for (int i = 0; context.IsAlive && i < 20; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(context.IsAlive);
    }

    [Fact]
    public void An_unknown_stage_is_told_with_the_nearest_name()
    {
        using var catalog = BuiltIn();
        var error = Assert.Throws<UpscaleException>(() => catalog.Factory("interpolaton"));
        Assert.Equal(UpscaleErrorId.StageNotFound, error.ErrorId);
        Assert.Contains("Did you mean 'interpolation'?", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{ not json", "cannot be read")]
    [InlineData("""{ "id": "X", "contract": 99, "assembly": "X.dll", "stages": [] }""", "version 99 of the plugin contract")]
    [InlineData("""{ "id": "X", "contract": 1, "assembly": "X.dll", "stages": [] }""", "X.dll is missing")]
    [InlineData("""{ "id": "X", "contract": 1, "assembly": "../X.dll", "stages": [] }""", "file name")]
    [InlineData("""{ "id": "X", "contract": 1, "assembly": "X.dll", "stages": [], "colour": 1 }""", "colour")]
    [InlineData("""{ "id": "Interpolation", "contract": 1, "assembly": "plugin.json", "stages": [] }""", "is taken by")]
    [InlineData("""{ "id": "X", "contract": 1, "assembly": "plugin.json", "stages": [ { "id": "gan", "type": "T" } ] }""", "also offered by")]
    public void A_plugin_that_is_wrong_has_a_named_error_and_leaves_the_others_alone(string manifest, string told)
    {
        File.WriteAllText(_folder.File("X", "plugin.json"), manifest);
        using var catalog = BuiltIn(_folder.Path);
        PluginInfo wrong = catalog.Plugins.Single(p => p.Path.StartsWith(_folder.Path, StringComparison.Ordinal));
        Assert.Contains(told, wrong.Error, StringComparison.Ordinal);
        Assert.NotNull(catalog.Factory("interpolation"));
    }

    [Theory]
    [InlineData("not an assembly", "Demo.Factory")]
    [InlineData(null, "No.Such.Class")]
    [InlineData(null, "Upscale.Gan.GanStage")]
    public void An_assembly_that_cannot_be_used_is_an_error_that_names_plugin_and_folder(string? content, string type)
    {
        File.WriteAllText(_folder.File("Demo", "plugin.json"), $$"""{ "id": "Demo", "contract": 1, "assembly": "Gan.dll", "stages": [ { "id": "demo", "type": "{{type}}" } ] }""");
        if (content is null)
            File.Copy(Path.Combine(TestData.Root, "module", "bin", "plugins", "Gan", "Gan.dll"), _folder.File("Demo", "Gan.dll"));
        else
            File.WriteAllText(_folder.File("Demo", "Gan.dll"), content);
        using var catalog = BuiltIn(_folder.Path);
        var error = Assert.Throws<UpscaleException>(() => catalog.Factory("demo"));
        Assert.Equal(UpscaleErrorId.PluginNotLoaded, error.ErrorId);
        Assert.Contains("'Demo'", error.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.Path, error.Message, StringComparison.Ordinal);
        Assert.NotNull(catalog.Factory("gan"));
    }

    private static PluginCatalog BuiltIn(params string[] more) => new([Path.Combine(TestData.Root, "module", "bin", "plugins"), .. more]);

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference LoadAndUnload()
    {
        using var catalog = BuiltIn();
        return new WeakReference(System.Runtime.Loader.AssemblyLoadContext.GetLoadContext(catalog.Factory("interpolation").GetType().Assembly));
    }
}
