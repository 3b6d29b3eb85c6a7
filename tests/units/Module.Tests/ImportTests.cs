using System.Management.Automation;
using Upscale.Module.Tests.Hosting;
using Upscale.Testing;

namespace Upscale.Module.Tests;

public sealed class ImportTests
{
    /// <summary>What the module exports, sorted.</summary>
    public static readonly string[] Cmdlets =
    [
        "Add-UpscaleStage", "Clear-UpscaleSession", "Compare-UpscaleImage", "Export-UpscalePipeline", "Get-UpscaleDevice", "Get-UpscaleModel",
        "Get-UpscalePipeline", "Get-UpscalePlugin", "Get-UpscaleSession", "Get-UpscaleStage", "Import-UpscaleModel", "Import-UpscalePipeline",
        "Invoke-Upscale", "Measure-UpscaleModel", "New-UpscalePipeline", "New-UpscalePlugin", "Remove-UpscaleStage", "Set-UpscaleStage", "Test-UpscalePipeline",
    ];

    [Fact]
    public void Importing_exports_the_cmdlets_and_nothing_else()
    {
        using var session = new ModuleSession();
        PSModuleInfo module = Module(session);
        Assert.Equal(Cmdlets, module.ExportedCommands.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Cmdlets, module.ExportedCmdlets.Keys.Order(StringComparer.Ordinal));
        Assert.Empty(module.ExportedAliases);
        Assert.Empty(module.ExportedVariables);
    }

    [Fact]
    public void Importing_with_Force_again_keeps_the_cmdlets_working()
    {
        using var session = new ModuleSession();
        session.Run("param($Path) Import-Module $Path -Force; Import-Module $Path -Force", ("Path", ModuleSession.Manifest)).AssertNoErrors();
        Assert.Equal(Cmdlets, Module(session).ExportedCmdlets.Keys.Order(StringComparer.Ordinal));
        AssertWorks(session);
    }

    [Fact]
    public void Removing_and_importing_again_brings_the_cmdlets_back()
    {
        using var session = new ModuleSession();
        AssertWorks(session);
        session.Run("Remove-Module Upscale").AssertNoErrors();
        Assert.Empty(session.Run("Get-Command -Module Upscale").Output);
        session.Run("param($Path) Import-Module $Path", ("Path", ModuleSession.Manifest)).AssertNoErrors();
        Assert.Equal(Cmdlets, Module(session).ExportedCmdlets.Keys.Order(StringComparer.Ordinal));
        AssertWorks(session);
    }

    [Fact]
    public void A_second_runspace_has_the_cmdlets_too_and_keeps_them_when_the_first_removes_the_module()
    {
        using var first = new ModuleSession();
        using var second = new ModuleSession();
        AssertWorks(first);
        AssertWorks(second);
        first.Run("Remove-Module Upscale").AssertNoErrors();
        AssertWorks(second);
        using var third = new ModuleSession();
        AssertWorks(third);
    }

    [Fact]
    public void A_second_copy_of_the_module_from_another_folder_is_refused()
    {
        using var session = new ModuleSession();
        using var copy = new PictureFolder();
        Directory.CreateDirectory(copy["module/bin"]);
        foreach (string file in new[] { "Upscale.psd1", "module/Upscale.Guard.psm1", "module/Upscale.Format.ps1xml", "module/bin/Upscale.Loader.dll", "module/bin/Upscale.Abstractions.dll" })
            File.Copy(Path.Combine(TestData.Root, file), copy[file]);

        RunRecord run = session.Run("param($Path) Import-Module $Path", ("Path", copy["Upscale.psd1"]));

        string message = Assert.Single(run.Errors).Exception.Message;
        Assert.Contains($"already uses Upscale from {Path.TrimEndingDirectorySeparator(TestData.Root)}", message, StringComparison.Ordinal);
        Assert.Contains(copy.Path, message, StringComparison.Ordinal);
        Assert.Equal(Path.TrimEndingDirectorySeparator(TestData.Root), Module(session).ModuleBase);
        AssertWorks(session);
    }

    private static PSModuleInfo Module(ModuleSession session)
        => Assert.IsType<PSModuleInfo>(Assert.Single(session.Run("Get-Module Upscale").AssertNoErrors().Output).BaseObject);

    private static void AssertWorks(ModuleSession session)
        => Assert.Equal(["interpolation"], session.Run("Get-UpscaleStage interpolation").AssertNoErrors().Values<string>("Id"));
}
